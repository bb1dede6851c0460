-- The health of a Pipeline or a Group for Argo CD, from their conditions. How to set it up: docs/operations/argocd.md.
-- Argo CD runs it as Lua 5.1 with the base library alone; `obj` is the resource.

local function health(status, message)
  return { status = status, message = message }
end

if obj.metadata.deletionTimestamp ~= nil then
  return health("Progressing", "What belongs to it is being deleted.")
end

local unseen = health("Progressing", "Waiting for the operator to look at it.")
if obj.status == nil or obj.status.conditions == nil then return unseen end
if (obj.status.observedGeneration or 0) < (obj.metadata.generation or 0) then return unseen end

local by = {}
for _, condition in ipairs(obj.status.conditions) do by[condition.type] = condition end

local function is(kind, status)
  return by[kind] ~= nil and by[kind].status == status
end

local function said(kind)
  local condition = by[kind]
  if condition.message == nil or condition.message == "" then return condition.reason end
  return condition.reason .. ": " .. condition.message
end

if is("Accepted", "False") then
  -- What one sync applies in one go may be seen in any order.
  local reason = by["Accepted"].reason
  if reason == "PipelineNotFound" or reason == "SourceNotFound" then return health("Progressing", said("Accepted")) end
  return health("Degraded", said("Accepted"))
end
if is("Stalled", "True") then return health("Degraded", said("Stalled")) end
if obj.spec ~= nil and obj.spec.suspend == true then return health("Suspended", "New jobs are refused; open ones go on to their end.") end

if is("Ready", "True") then
  -- Old replicas may be kept for hours, for jobs that are pinned to them; the new ones are what was asked for.
  if is("Progressing", "True") and by["Progressing"].reason ~= "DrainingRevision" then
    return health("Progressing", said("Progressing"))
  end
  return health("Healthy", said("Ready"))
end
if is("Ready", "False") then
  if by["Ready"].reason == "NoReplicas" then return health("Suspended", said("Ready")) end
  return health("Progressing", said("Ready"))
end
return unseen
