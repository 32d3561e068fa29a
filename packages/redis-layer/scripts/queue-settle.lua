-- Settles messages that were leased to a node. What another one has by now is passed over. Keys and the first value are those of
-- queue.lua.
--
-- ARGV[2]  the node
-- ARGV[3]  how long the lease of what is kept is, in ms
-- ARGV[4]  and so on, two for each message: "done", "returned" or "kept", and its id
--
-- Returns what went wrong with telling, or "", in a list. Returns "-<error> (<command>)" instead when it could not be done.

local node, lease = ARGV[2], tonumber(ARGV[3])

local returned, longest = 0, 0

local function settle(at, verb, id)
  local place, till, expiry, attempts, owner, group = stateOf(id)
  if owner ~= node then return end
  if verb == 'done' then
    -- Its lease may be over, and nobody else has taken it since: then it waits.
    call('ZREM', leased, id)
    call('ZREM', waiting, id)
    call('HDEL', about, id, '=' .. id)
  elseif verb == 'returned' then
    attempts = text(math.max(0, tonumber(attempts) - 1))
    setState(id, place, till, expiry, attempts, '-', group)
    call('ZADD', waiting, place, id)
    call('ZREM', leased, id)
    returned = returned + 1
    longest = math.max(longest, tonumber(till) - at)
  else
    call('ZADD', leased, text(at + lease), id)
    call('ZREM', waiting, id)
    longest = math.max(longest, lease + tonumber(expiry))
  end
end

local function run()
  local at = now()
  forget(at)
  for i = 4, #ARGV, 2 do settle(at, ARGV[i], ARGV[i + 1]) end
  if longest > 0 then keep(at, longest) end
  return { returned > 0 and hint() or '' }
end

return answerOf(run)
