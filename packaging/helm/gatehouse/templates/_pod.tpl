{{/* The pod, which is the same on both databases but for its volume. */}}
{{- define "gatehouse.pod" -}}
metadata:
  labels:
    {{- include "gatehouse.labels" . | nindent 4 }}
    {{- with .Values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    # A change of the settings starts new pods.
    checksum/settings: {{ include "gatehouse.settings" . | sha256sum }}
    {{- with .Values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ include "gatehouse.name" . }}
  automountServiceAccountToken: false
  # Variables about services would only be ignored.
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ add 90 .Values.stopDelaySeconds }}
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 65532
    runAsGroup: 65532
    fsGroup: 65532
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile:
      type: RuntimeDefault
  containers:
    - name: gatehouse
      {{- with .Values.image }}
      image: {{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
      imagePullPolicy: {{ .pullPolicy }}
      {{- end }}
      args: [serve, --config, /etc/gatehouse/gatehouse.toml]
      env:
        - name: GATEHOUSE_LISTEN
          value: ":8080"
        - name: GATEHOUSE_INTERNAL_LISTEN
          value: ":9080"
        # Not the volume itself: others than the server may write to that.
        - name: GATEHOUSE_DATA
          value: /var/lib/gatehouse/data
        - name: GATEHOUSE_MASTER_KEY_FILE
          value: /run/secrets/gatehouse/master-key
        {{- if .Values.adminPassword.secret }}
        - name: GATEHOUSE_ADMIN_PASSWORD_FILE
          value: /run/secrets/gatehouse/admin-password
        {{- end }}
        {{- if eq .Values.database.type "postgresql" }}
        - name: GATEHOUSE_DATABASE
          valueFrom:
            secretKeyRef:
              name: {{ .Values.database.secret }}
              key: {{ .Values.database.key }}
        {{- end }}
      ports:
        - name: http
          containerPort: 8080
        - name: internal
          containerPort: 9080
      startupProbe:
        httpGet: {path: /livez, port: internal}
        periodSeconds: 5
        failureThreshold: {{ div (add .Values.startupSeconds 4) 5 }}
      livenessProbe:
        httpGet: {path: /livez, port: internal}
        periodSeconds: 10
        timeoutSeconds: 5
      readinessProbe:
        httpGet: {path: /readyz, port: internal}
        periodSeconds: 5
        timeoutSeconds: 5
        failureThreshold: 2
      {{- with .Values.stopDelaySeconds }}
      lifecycle:
        preStop:
          sleep:
            seconds: {{ . }}
      {{- end }}
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities:
          drop: [ALL]
      {{- with .Values.resources }}
      resources:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      volumeMounts:
        - {name: data, mountPath: /var/lib/gatehouse}
        - {name: tmp, mountPath: /tmp}
        - {name: settings, mountPath: /etc/gatehouse, readOnly: true}
        - {name: secrets, mountPath: /run/secrets/gatehouse, readOnly: true}
  {{- with .Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.topologySpreadConstraints }}
  topologySpreadConstraints:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  volumes:
    {{- if eq .Values.database.type "postgresql" }}
    - name: data
      emptyDir: {}
    {{- else if .Values.persistence.existingClaim }}
    - name: data
      persistentVolumeClaim:
        claimName: {{ .Values.persistence.existingClaim }}
    {{- end }}
    - name: tmp
      emptyDir: {}
    - name: settings
      configMap:
        name: {{ include "gatehouse.name" . }}
    - name: secrets
      projected:
        defaultMode: 0440
        sources:
          - secret:
              name: {{ .Values.masterKey.secret }}
              items:
                - {key: {{ .Values.masterKey.key | quote }}, path: master-key}
          {{- if .Values.adminPassword.secret }}
          - secret:
              name: {{ .Values.adminPassword.secret }}
              items:
                - {key: {{ .Values.adminPassword.key | quote }}, path: admin-password}
          {{- end }}
{{- end -}}
