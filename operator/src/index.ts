/** The operator: Pipelines and Groups become Deployments. `kube/` is a small controller runtime that knows neither. */
export {};
