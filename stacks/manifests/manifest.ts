/** What all manifests have in common. */

/** A Kubernetes object as it is sent to the API server. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, unknown>;
  };
  [field: string]: unknown;
}

/**
 * What no file says, only the stack and its cluster. `Late` is a string where the manifests are plain data, and Pulumi's
 * `Input<string>` where they are declared, since the engine may know a value only while it works.
 */
export interface LiveValues<Late = string> {
  /**
   * The claim's ConfigMap data.
   * @default none: nothing is claimed, as where manifests are only rendered
   */
  claim?: Record<string, Late>;
  /**
   * The claim's switch number, which the Deployment carries too.
   * @default none
   */
  switchNumber?: number;
  /**
   * Changes when a Secret that the server reads at its start does, so that the pod starts anew.
   * @default none
   */
  secretsChecksum?: Late;
  /**
   * Data of the Secrets by the object's name, base64 as the API has it.
   * @default none: the Secrets are without their values
   */
  secrets?: Readonly<Record<string, Late | Record<string, string>>>;
}
