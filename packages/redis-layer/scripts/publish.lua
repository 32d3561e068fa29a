-- Publishes events to groups, or messages to inboxes, and gives each the next position there.
--
-- KEYS[i]  a name: the key of the position and the channel; one name may be there several times
-- ARGV[1]  the lengths in bytes of what belongs to the keys, with a blank between them
-- ARGV[2]  that itself, one after the other: "<id>\n<event>". The id is unique in the cluster, without blanks
-- Constants put before this file: PUBLISH ("PUBLISH", or "SPUBLISH" on a Cluster), TTL (seconds that a position is kept)
--
-- Sets each key to "<offset> <epoch> <id>" and publishes "1:<offset> <epoch> <id>\n<event>", in the order of the keys.
-- Returns a line for each: "<receivers>", or "-<error> (<command>)" when it was not published. Nothing in it
-- raises, so what happens to one leaves the others alone.

local function publish(name, entry)
  local id = string.sub(entry, 1, string.find(entry, '\n', 1, true) - 1)
  local top = redis.pcall('GET', name)
  local offset, epoch
  if type(top) == 'table' then
    return '-' .. top.err .. ' (GET)'
  elseif top then
    local first = string.find(top, ' ', 1, true)
    local second = string.find(top, ' ', first + 1, true)
    offset = string.format('%.0f', tonumber(string.sub(top, 1, first - 1)) + 1)
    epoch = string.sub(top, first + 1, second - 1)
  else
    -- The id is unique, so what is made of it is another epoch than any before.
    offset = '1'
    epoch = string.sub(redis.sha1hex(id), 1, 6)
  end
  local place = offset .. ' ' .. epoch .. ' '
  local kept = redis.pcall('SET', name, place .. id, 'EX', TTL)
  if kept.err then return '-' .. kept.err .. ' (SET)' end
  local receivers = redis.pcall(PUBLISH, name, '1:' .. place .. entry)
  if type(receivers) == 'table' then return '-' .. receivers.err .. ' (' .. PUBLISH .. ')' end
  return receivers
end

local answers = {}
local entries, from, i = ARGV[2], 1, 0
for length in string.gmatch(ARGV[1], '%d+') do
  local to = from + length
  i = i + 1
  answers[i] = publish(KEYS[i], string.sub(entries, from, to - 1))
  from = to
end
return table.concat(answers, '\n')
