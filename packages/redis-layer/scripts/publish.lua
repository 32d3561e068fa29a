-- Publishes an event to a group, or a message to an inbox, and gives it the next position there.
--
-- KEYS[1]  the name: the key of the position and the channel
-- ARGV[1]  the event's bytes
-- ARGV[2]  its id, unique in the cluster, without blanks
-- Constants put before this file: PUBLISH ("PUBLISH", or "SPUBLISH" on a Cluster), TTL (seconds that a position is kept)
--
-- Sets the key to "<offset> <epoch> <id>" and publishes "1<offset> <epoch> <id>\n<bytes>".
-- Returns "<receivers> <offset> <epoch>".

local top = redis.call('GET', KEYS[1])
local offset, epoch
if top then
  local first = string.find(top, ' ', 1, true)
  local second = string.find(top, ' ', first + 1, true)
  offset = string.format('%.0f', tonumber(string.sub(top, 1, first - 1)) + 1)
  epoch = string.sub(top, first + 1, second - 1)
else
  -- The id is unique, so what is made of it is another epoch than any before.
  offset = '1'
  epoch = string.sub(redis.sha1hex(ARGV[2]), 1, 8)
end
local place = offset .. ' ' .. epoch
local position = place .. ' ' .. ARGV[2]
redis.call('SET', KEYS[1], position, 'EX', TTL)
local receivers = redis.call(PUBLISH, KEYS[1], '1' .. position .. '\n' .. ARGV[1])
return receivers .. ' ' .. place
