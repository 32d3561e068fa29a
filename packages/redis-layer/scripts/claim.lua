-- Says that a node with this configuration runs, unless nodes with another one run that it does not know of.
--
-- KEYS[1]  a sorted set: each configuration that runs, and until when that is known, in ms of the server's clock
-- ARGV[1]  the node's configuration
-- ARGV[2]  for how long this is known, in ms
-- ARGV[3]  and more: configurations that may run beside it
--
-- Returns the configurations that run now, this one among them, or "refused" and one that may not run beside it.

-- By itself the error about a permission does not say which.
local function call(command, ...)
  local answer = redis.pcall(command, ...)
  if type(answer) == 'table' and answer.err then error(answer.err .. ' (' .. command .. ')') end
  return answer
end

local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local running = call('ZRANGE', KEYS[1], 0, -1)

local known = {}
for i = 3, #ARGV do known[ARGV[i]] = true end
local isRunning, stranger = false, nil
for _, configuration in ipairs(running) do
  if configuration == ARGV[1] then
    isRunning = true
  elseif not known[configuration] then
    stranger = configuration
  end
end
-- One that runs already was there before the others came, and they know of it.
if stranger and not isRunning then return {'refused', stranger} end

call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
call('PEXPIRE', KEYS[1], 2 * ARGV[2])
if not isRunning then running[#running + 1] = ARGV[1] end
return running
