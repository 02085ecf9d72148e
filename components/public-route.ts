import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource.js";
import { ComponentResource, type ComponentResourceOptions } from "@pulumi/pulumi";
import {
  accessMiddleware,
  certificate,
  httpsRoute,
  redirectMiddleware,
  redirectRoute,
} from "../stacks/manifests/public-route.ts";
import type { RoutePlan } from "../stacks/plan/route.ts";
import type { ObjectOptions } from "./object-options.ts";

export interface PublicRouteArgs {
  /** What the mode declares. */
  route: RoutePlan;
  /** Options of each object. */
  object: ObjectOptions;
}

/** The way in from outside the cluster: certificate, HTTPS route behind an address list, and a redirect from HTTP. */
export class PublicRoute extends ComponentResource {
  constructor(name: string, { route, object }: PublicRouteArgs, options: ComponentResourceOptions = {}) {
    super("vllm-platform:index:PublicRoute", name, {}, options);
    const child = { ...object, parent: this };
    // A route without its fence would let everyone in for a moment.
    const behind = (fence: CustomResource) => ({ ...child, dependsOn: [...child.dependsOn, fence] });

    new CustomResource(`${name}-certificate`, certificate(route), child);
    const access = new CustomResource(`${name}-access`, accessMiddleware(route), child);
    new CustomResource(`${name}-https`, httpsRoute(route), behind(access));
    const redirect = new CustomResource(`${name}-redirect-middleware`, redirectMiddleware(), child);
    new CustomResource(`${name}-redirect`, redirectRoute(route), behind(redirect));
    this.registerOutputs({});
  }
}
