{{- define "troupe.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{- define "troupe.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains (include "troupe.name" .) .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "troupe.name" .) | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* Labels that select; they never change. Takes (dict "root" $ "component" "…"). */}}
{{- define "troupe.selector" -}}
app.kubernetes.io/name: {{ include "troupe.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{/* Labels of pods that a new version of the chart need not replace. Takes the same. */}}
{{- define "troupe.lastingLabels" -}}
{{ include "troupe.selector" . }}
app.kubernetes.io/part-of: troupe
{{- end -}}

{{- define "troupe.labels" -}}
{{ include "troupe.lastingLabels" . }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end -}}

{{/* Takes (dict "root" $ "image" .Values.image.runtime). */}}
{{- define "troupe.image" -}}
{{- printf "%s/%s:%s" .root.Values.image.registry .image.repository (default .root.Chart.AppVersion .root.Values.image.tag) -}}
{{- end -}}

{{- define "troupe.natsUrl" -}}
{{- if .Values.nats.bundled -}}
{{- printf "nats://%s-nats.%s.svc:4222" (include "troupe.fullname" .) .Release.Namespace -}}
{{- else -}}
{{- required "nats.external.url must be set when nats.bundled is false: the address of a NATS server with JetStream, such as nats://nats.example:4222" .Values.nats.external.url -}}
{{- end -}}
{{- end -}}

{{/* The Secrets that hold keys and credentials of the bundled NATS begin so; operator/src/credentials makes them. */}}
{{- define "troupe.natsSecrets" -}}
{{ include "troupe.fullname" . }}-nats
{{- end -}}

{{/* Whether operator and coordinators have a credentials file: "true" or "". */}}
{{- define "troupe.hasCredentials" -}}
{{- if or .Values.nats.bundled .Values.nats.external.credentialsSecret -}}true{{- end -}}
{{- end -}}

{{- define "troupe.hasNatsCa" -}}
{{- if and (not .Values.nats.bundled) .Values.nats.external.caSecret -}}true{{- end -}}
{{- end -}}

{{/* The profile "restricted" of the Pod Security Standards. */}}
{{- define "troupe.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile: { type: RuntimeDefault }
{{- end -}}

{{- define "troupe.containerSecurity" -}}
runAsNonRoot: true
readOnlyRootFilesystem: true
allowPrivilegeEscalation: false
capabilities: { drop: [ALL] }
seccompProfile: { type: RuntimeDefault }
{{- end -}}

{{/* On how many servers of NATS streams are kept. */}}
{{- define "troupe.streamReplicas" -}}
{{- if and .Values.nats.bundled (gt (int .Values.nats.jetstream.replicas) 1) -}}
{{- fail "nats.jetstream.replicas must be 1 with the bundled NATS, which is one server: bring a cluster (nats.bundled=false, nats.external.url)" -}}
{{- end -}}
{{- .Values.nats.jetstream.replicas -}}
{{- end -}}

{{/* Where a component's pods run. Takes the component's values. */}}
{{- define "troupe.placement" -}}
{{- with .nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end -}}

{{- define "troupe.pullSecrets" -}}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
{{- range . }}
  - name: {{ . }}
{{- end }}
{{- end }}
{{- end -}}
