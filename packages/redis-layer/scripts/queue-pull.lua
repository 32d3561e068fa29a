-- Leases the oldest messages of a queue to a node; what was leased to others, and is not theirs any more, comes first. Keys and
-- the first value are those of queue.lua.
--
-- ARGV[2]  the node
-- ARGV[3]  how many messages at most
-- ARGV[4]  how long they are leased, in ms
-- ARGV[5]  "1" when the node says what it holds: what else is leased to it got lost on the way
-- ARGV[6]  and more: the ids of that
-- Constants put before this file: MAXBYTES (of messages, but for one)
--
-- Returns "1" when there may be more though fewer came, else "0"; how many were too old; what went wrong with telling, or "";
-- then three for each message and hole: its id, how often it was leased, its bytes; or "!", the cause, the group. Returns
-- "-<error> (<command>)" instead when it could not be done.

local node, most, lease = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local maxSteps = 1000

local found, told, expired, messages, bytes, longest = {}, {}, 0, 0, 0, 1000

-- Back to its place: for as long again as it might have waited, and with this attempt counted.
local function lapse(id, at)
  local place, _, expiry, attempts, owner, group = stateOf(id)
  if place then
    setState(id, place, text(at + tonumber(expiry)), expiry, attempts, owner, group)
    call('ZADD', waiting, place, id)
    longest = math.max(longest, tonumber(expiry))
  end
  call('ZREM', leased, id)
end

local function lapseAll(at)
  local isAny = false
  local ids = call('ZRANGE', leased, 0, maxSteps - 1, 'WITHSCORES')
  for i = 1, #ids, 2 do
    local till = tonumber(ids[i + 1])
    if till > at then break end
    lapse(ids[i], till)
    isAny = true
  end
  return isAny
end

-- The node was never given these: its attempt does not count.
local function recover()
  local isHeld, isAny = {}, false
  for i = 6, #ARGV do isHeld[ARGV[i]] = true end
  for _, id in ipairs(call('ZRANGE', leased, 0, -1)) do
    local place, till, expiry, attempts, owner, group = stateOf(id)
    if owner == node and not isHeld[id] then
      setState(id, place, till, expiry, text(tonumber(attempts) - 1), '-', group)
      call('ZADD', waiting, place, id)
      call('ZREM', leased, id)
      longest = math.max(longest, tonumber(expiry))
      isAny = true
    end
  end
  return isAny
end

-- Holes of one group in a row are one.
local function tell(cause, group)
  if told[group] then return end
  told[group] = true
  for _, part in ipairs({ '!', cause, group }) do found[#found + 1] = part end
end

local function takeHole(id)
  local cause, group = string.match(call('HGET', about, id) or '', '^(%S+) (%S+)$')
  call('HSET', about, '%', text(math.max(0, tonumber(call('HGET', about, '%') or 0) - 1)))
  call('ZREM', waiting, id)
  call('HDEL', about, id)
  if not group then return end
  if call('HGET', about, '?' .. group) == string.sub(id, 2) then call('HDEL', about, '?' .. group) end
  tell(cause, group)
end

-- Whether there is room for more.
local function takeMessage(id, at)
  local place, till, expiry, attempts, _, group = stateOf(id)
  if not place or tonumber(till) <= at then
    call('ZREM', waiting, id)
    call('HDEL', about, id, '=' .. id)
    expired = expired + (place and 1 or 0)
    if place and group ~= '-' then tell('expired', group) end
    return true
  end
  local body = call('HGET', about, '=' .. id)
  if messages > 0 and bytes + #body > MAXBYTES then return false end
  attempts = text(tonumber(attempts) + 1)
  setState(id, place, till, expiry, attempts, node, group)
  call('ZADD', leased, text(at + lease), id)
  call('ZREM', waiting, id)
  for _, part in ipairs({ id, attempts, body }) do found[#found + 1] = part end
  told, messages, bytes, longest = {}, messages + 1, bytes + #body, math.max(longest, lease + tonumber(expiry))
  return true
end

-- Whether it stopped before the end.
local function take(at)
  local steps = 0
  while messages < most do
    local ids = call('ZRANGE', waiting, 0, math.min(most - messages, 100) - 1)
    if #ids == 0 then return false end
    for _, id in ipairs(ids) do
      steps = steps + 1
      if string.sub(id, 1, 1) == '!' then takeHole(id)
      elseif not takeMessage(id, at) then return true end
    end
    if steps >= maxSteps then return true end
  end
  return false
end

local function run()
  local at = now()
  forget(at)
  local isAny = lapseAll(at)
  if ARGV[5] == '1' then isAny = recover() or isAny end
  local isMore = take(at)
  if isAny or messages > 0 then keep(at, longest) end
  -- What came back by itself nobody has told to those who wait elsewhere.
  local problem = isAny and call('ZCARD', waiting) > 0 and hint() or ''
  local answer = { isMore and '1' or '0', text(expired), problem }
  for _, part in ipairs(found) do answer[#answer + 1] = part end
  return answer
end

return answerOf(run)
