module gatehouse/tools/terraform-provider-http

go 1.26.0

require github.com/terraform-providers/terraform-provider-http v0.0.0

// Its go.mod has a former name, and its releases since 2.0 are no versions for go.
replace github.com/terraform-providers/terraform-provider-http => github.com/hashicorp/terraform-provider-http v1.2.1-0.20260814132659-be89f04ea469
