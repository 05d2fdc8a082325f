-- One kind of work for wrk, told by the environment; at the end one line of JSON.
local work, token = os.getenv("WORK"), os.getenv("TOKEN")
local lines = tonumber(os.getenv("LINES") or "3")
local ids = {}
for id in string.gmatch(os.getenv("IDS") or "", "%S+") do ids[#ids + 1] = id end
local signed = {["Authorization"] = "Bearer " .. token}
local sent, run = 0, os.getenv("RUN")

local function order()
  local body = {}
  local first = math.random(#ids)
  for n = 0, lines - 1 do
    body[#body + 1] = '{"product_id": "' .. ids[(first + n * 7) % #ids + 1] .. '", "quantity": ' .. (n % 3 + 1) .. "}"
  end
  local headers = {["Authorization"] = signed["Authorization"], ["Content-Type"] = "application/json"}
  headers["Idempotency-Key"] = run .. "-" .. sent
  return wrk.format("POST", "/v1/orders", headers, '{"lines": [' .. table.concat(body, ", ") .. "]}")
end

local kinds = {
  health = function() return wrk.format("GET", "/v1/health/live") end,
  product = function() return wrk.format("GET", "/v1/products/" .. ids[math.random(#ids)], signed) end,
  page = function() return wrk.format("GET", "/v1/products?limit=20" .. (os.getenv("CURSOR") or ""), signed) end,
  order = order,
  invalid = function()
    local headers = {["Authorization"] = signed["Authorization"], ["Content-Type"] = "application/json"}
    local body = '{"lines": [{"product_id": "x", "quantity": 0}, {"product_id": 7}], "extra": true}'
    return wrk.format("POST", "/v1/orders", headers, body)
  end,
}

function init() math.randomseed(tonumber(os.getenv("SEED") or "1")) end

function request()
  sent = sent + 1
  return kinds[work]()
end

function done(summary, latency)
  local errors = summary.errors
  local broken = errors.connect + errors.read + errors.write + errors.timeout
  io.write(string.format('\nJSON {"requests": %d, "seconds": %.4f, "refused": %d, "broken": %d, "p50": %.3f, "p99": %.3f}\n',
    summary.requests, summary.duration / 1e6, errors.status, broken,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
