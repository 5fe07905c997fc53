{{/* Names: that of the release, and of the chart unless the release has it. */}}
{{- define "gatehouse.name" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "gatehouse.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "gatehouse.labels" -}}
{{ include "gatehouse.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- end -}}

{{- define "gatehouse.metadata" -}}
name: {{ include "gatehouse.name" . }}
namespace: {{ .Release.Namespace }}
labels:
  {{- include "gatehouse.labels" . | nindent 2 }}
{{- end -}}

{{/* The configuration file: TOML, in which lists and texts look as they do in JSON. */}}
{{- define "gatehouse.settings" -}}
{{- range $name, $value := .Values.settings -}}
{{ $name }} = {{ toRawJson $value }}
{{ end -}}
{{- end -}}
