-- Reads what a group remembers.
--
-- KEYS[1]  its name: the key of the position
-- KEYS[2]  the list of what it remembers; see publish.lua
-- ARGV[1]  a position "<offset> <epoch> <id>" to begin at, or nothing
-- ARGV[2]  "newer" or "older"
-- ARGV[3]  how many at most
-- ARGV[4]  how old at most, in ms
--
-- Returns the newest position or nothing; "1" when ARGV[1] is known and nothing that came after it is missing, "0" otherwise;
-- and the events as they were published, in the order that was asked for.

local name, list, from, direction = KEYS[1], KEYS[2], ARGV[1], ARGV[2]
local limit, age = tonumber(ARGV[3]), tonumber(ARGV[4])

local function call(command, ...)
  local answer = redis.pcall(command, ...)
  if type(answer) == 'table' and answer.err then error({ err = answer.err .. ' (' .. command .. ')' }) end
  return answer
end

local function placeOf(kept)
  return string.match(kept, '^%d+ 1:([^\n]*)\n')
end

-- Where what is not too old begins.
local function freshFrom(count)
  local time = call('TIME')
  local oldest = time[1] * 1000 + math.floor(time[2] / 1000) - age
  for i = 0, count - 1 do
    if tonumber(string.match(call('LINDEX', list, i), '^%d+')) >= oldest then return i end
  end
  return count
end

local function read()
  local top = call('GET', name) or ''
  local newest = call('LINDEX', list, -1)
  -- What was published last was not to be remembered, or the position has begun anew: then nothing here is of use.
  if not newest or placeOf(newest) ~= top then return { top, from ~= '' and from == top and '1' or '0' } end
  local count = call('LLEN', list)
  local fresh = freshFrom(count)
  local at
  if from == top then
    at = count - 1
  elseif from ~= '' then
    -- One after the other: where it would stand follows from how far it is behind the newest.
    at = count - 1 - tonumber(string.match(top, '^%d+')) + (tonumber(string.match(from, '^%d+')) or 0)
    local found = at >= 0 and at >= fresh - 1 and at < count - 1 and call('LINDEX', list, at)
    if not found or placeOf(found) ~= from then return { top, '0' } end
  end
  local first, last
  if direction == 'newer' then
    first = math.max(at and at + 1 or 0, fresh)
    last = math.min(first + limit, count) - 1
  else
    last = (at or count) - 1
    first = math.max(last - limit + 1, fresh)
  end
  local answer = { top, at and '1' or '0' }
  if last < first then return answer end
  local found = call('LRANGE', list, first, last)
  for i = 1, #found do
    local kept = found[direction == 'newer' and i or #found + 1 - i]
    answer[i + 2] = string.sub(kept, string.find(kept, ' ', 1, true) + 1)
  end
  return answer
end

-- What a user may not do is an answer: an error that a script ends with says nothing of what was done.
local ok, answer = pcall(read)
if ok then return answer end
return redis.error_reply((string.gsub(type(answer) == 'table' and answer.err or tostring(answer), '^ERR ', '')))
