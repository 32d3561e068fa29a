-- Empties a queue, what is leased of it included. Ids stay known, so that what is sent a second time does not come back. Keys and
-- the first value are those of queue.lua.
--
-- Returns nothing, in a list. Returns "-<error> (<command>)" instead when it could not be done.

local function run()
  -- Which removes it, and is a command that is allowed anyway.
  for i = 1, 3 do call('PEXPIRE', KEYS[i], 0) end
  call('ZREM', KEYS[5], ARGV[1])
  return {}
end

return answerOf(run)
