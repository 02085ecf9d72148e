import { names } from "../vocabulary/names.ts";
import { objectMetadata } from "./metadata.ts";

/** The API key that clients must show. @param data absent where its value is not to be written down */
export function apiKeySecret<Data>(data?: Data) {
  return opaqueSecret(names.apiKeySecret, data);
}

/** The token that downloads gated models from Hugging Face. @param data as above */
export function huggingFaceSecret<Data>(data?: Data) {
  return opaqueSecret(names.huggingFaceSecret, data);
}

function opaqueSecret<Data>(name: string, data: Data | undefined) {
  return {
    apiVersion: "v1" as const,
    kind: "Secret" as const,
    metadata: objectMetadata(name, "llm-inference"),
    type: "Opaque",
    // `data`, not `stringData`: the API server stores the former, and a refresh compares what is stored.
    ...(data === undefined ? {} : { data }),
  };
}
