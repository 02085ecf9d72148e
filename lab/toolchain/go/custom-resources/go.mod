// The modules whose YAML of custom resource definitions the sandbox applies; go.sum pins them.
module vllm-platform/toolchain/custom-resources

go 1.26
