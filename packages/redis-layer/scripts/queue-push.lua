-- Puts messages at the end of a queue. Keys and the first value are those of queue.lua.
--
-- ARGV[2]  and so on, five for each message: its id; how many may wait, or "inf" for any number; how long it may, in ms; the
--          group of which it leaves a hole, or ""; its bytes
-- Constants put before this file: MAXIDS (how many ids are known)
--
-- Returns "taken" or "full" for each, and last what went wrong with telling, or "". Returns "-<error> (<command>)" instead when
-- it could not be done.

-- Makes room where messages at the front are too old; holes stay where their loss must be told.
local function expire(at)
  local told, from = {}, 0
  for _ = 1, 100 do
    local ids = call('ZRANGE', waiting, from, from + 99)
    if #ids == 0 then return end
    for _, id in ipairs(ids) do
      if string.sub(id, 1, 1) == '!' then
        local hole = call('HGET', about, id) or ''
        told[string.match(hole, ' (.*)$') or ''] = true
        from = from + 1
      else
        local place, till, _, _, _, group = stateOf(id)
        if place and tonumber(till) > at then return end
        if place and group ~= '-' and not told[group] then
          told[group] = true
          call('HSET', about, '!' .. place, 'expired ' .. group, '%', text(tonumber(call('HGET', about, '%') or 0) + 1))
          call('ZADD', waiting, place, '!' .. place)
          from = from + 1
        end
        call('ZREM', waiting, id)
        call('HDEL', about, id, '=' .. id)
      end
    end
  end
end

local function count()
  return call('ZCARD', waiting) - tonumber(call('HGET', about, '%') or 0)
end

local function newPlace()
  local place = text(tonumber(call('HGET', about, '#') or 0) + 1)
  call('HSET', about, '#', place)
  return place
end

-- Of one group at most one between two messages.
local function leaveHole(group)
  local newest = tonumber(call('HGET', about, '?' .. group) or 0)
  if newest > tonumber(call('HGET', about, '^') or 0) then return end
  local place = newPlace()
  local holes = tonumber(call('HGET', about, '%') or 0) + 1
  call('HSET', about, '!' .. place, 'overflow ' .. group, '?' .. group, place, '%', text(holes))
  call('ZADD', waiting, place, '!' .. place)
end

local function push(at, id, capacity, expiry, group, bytes)
  -- The first write, and one that a Redis which is full refuses: then nothing is done.
  if call('ZADD', seen, 'NX', text(at + expiry), id) == 0 then return 'taken' end
  if capacity ~= 'inf' then
    if count() >= tonumber(capacity) then expire(at) end
    if count() >= tonumber(capacity) then
      call('ZREM', seen, id)
      if group ~= '' then leaveHole(group) end
      return 'full'
    end
  end
  local place = newPlace()
  setState(id, place, text(at + expiry), text(expiry), '0', '-', group == '' and '-' or group)
  call('HSET', about, '=' .. id, bytes, '^', place)
  call('ZADD', waiting, place, id)
  return 'taken'
end

local function run()
  local at = now()
  local answers, longest = {}, 1000
  local before = call('ZCARD', waiting)
  for i = 2, #ARGV, 5 do
    local expiry = tonumber(ARGV[i + 2])
    longest = math.max(longest, expiry)
    answers[#answers + 1] = push(at, ARGV[i], ARGV[i + 1], expiry, ARGV[i + 3], ARGV[i + 4])
  end
  forget(at)
  local tooMany = call('ZCARD', seen) - MAXIDS
  if tooMany > 0 then call('ZREM', seen, unpack(call('ZRANGE', seen, 0, math.min(tooMany, 1000) - 1))) end
  keep(at, longest)
  -- Who waits for more has been told of what was there before.
  answers[#answers + 1] = before == 0 and hint() or ''
  return answers
end

return answerOf(run)
