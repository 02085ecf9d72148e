/** Who owns which field of an object, as Kubernetes records it in `metadata.managedFields`. */

/** Which fields one manager owns: an entry of `metadata.managedFields`. */
export interface ManagedFields {
  manager: string;
  operation: "Apply" | "Update";
  subresource?: string;
  apiVersion?: string;
  time?: string;
  fieldsType?: string;
  fieldsV1?: FieldSet;
}

/**
 * Kubernetes' FieldsV1, a tree of steps: `f:<field>`, `k:<keys of a list's entry>`, `v:<value in a list>`, and `.` for the
 * node itself.
 */
export interface FieldSet {
  [step: string]: FieldSet;
}
