// SPDX-License-Identifier: Apache-2.0

// Command kubernetes-objects reads manifests of Kubernetes on standard input as the API server does: with its
// own types, and strictly, so that a member that nobody knows is an error. Pods must also keep the
// rules of the Pod Security Standard "restricted". It prints the objects as one list of JSON.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/kubernetes/scheme"
	admission "k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

func main() {
	objects, err := read(os.Stdin)
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(objects)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// read returns the objects of a text, or every error in it.
func read(text io.Reader) (objects []runtime.Object, err error) {
	known := runtime.NewScheme()
	if err := errors.Join(scheme.AddToScheme(known), monitoring.AddToScheme(known)); err != nil {
		return nil, err
	}
	decoder := serializer.NewCodecFactory(known, serializer.EnableStrict).UniversalDeserializer()
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		return nil, err
	}
	documents := yaml.NewYAMLReader(bufio.NewReader(text))
	var faults []error
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return objects, errors.Join(faults...)
		}
		if err != nil {
			return nil, err
		}
		object, kind, err := decoder.Decode(document, nil, nil)
		if err != nil {
			faults = append(faults, fmt.Errorf("%w in:\n%s", err, document))
			continue
		}
		objects = append(objects, object)
		for _, fault := range insecure(evaluator, object) {
			faults = append(faults, fmt.Errorf("%s: %w", kind.Kind, fault))
		}
	}
}

// insecure returns what the standard "restricted" does not allow in the pods of an object.
func insecure(evaluator policy.Evaluator, object runtime.Object) (faults []error) {
	var pod core.PodTemplateSpec
	switch o := object.(type) {
	case *apps.Deployment:
		pod = o.Spec.Template
	case *apps.StatefulSet:
		pod = o.Spec.Template
	default:
		return nil
	}
	level := admission.LevelVersion{Level: admission.LevelRestricted, Version: admission.LatestVersion()}
	for _, r := range evaluator.EvaluatePod(level, &pod.ObjectMeta, &pod.Spec) {
		if !r.Allowed {
			faults = append(faults, fmt.Errorf("%s: %s", r.ForbiddenReason, r.ForbiddenDetail))
		}
	}
	return faults
}
