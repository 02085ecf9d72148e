/** Whether the credentials may do what an update does, and all that their documented role is for. The API server tells each user. */
import type { Plan } from "../../../stacks/plan/index.ts";
import { names } from "../../../stacks/vocabulary/names.ts";
import { ApiError, type ClusterApi } from "../../api/index.ts";
import type { Finding } from "../../findings/finding.ts";
import { missingOf } from "./ask.ts";
import { neededRights } from "./needed.ts";
import { phrases } from "./right.ts";
import { changesTheServer, type Role, roleFile, roleRights } from "./role.ts";

const rightsItem = "rights";
const roleItem = "role";

const namespacePath = `/api/v1/namespaces/${names.namespace}`;

/** Asks for the rights that an update of the plan needs. @throws UnreachableError where the cluster does not answer. */
export async function checkRights(plan: Plan, api: ClusterApi): Promise<Finding> {
  try {
    const isNew = await api.get(namespacePath).then((found) => found === undefined, isForbidden(false));
    const missing = await missingOf(api, neededRights(plan, isNew));
    return missing.length === 0
      ? { item: rightsItem, state: "ok", found: "these credentials may do all that an update does" }
      : lacking(`these credentials may not ${phrases(missing).join("; ")}`);
  } catch (error) {
    if (error instanceof ApiError) {
      return unasked(api, error);
    }
    throw error;
  }
}

/**
 * Asks for all rights of the documented role that the credentials are for: the updater's where they may change the server, else the
 * reader's. An update needs not all of them; the commands that look at the cluster do. None where the API server does not tell: the
 * rights of an update say why. @throws UnreachableError where the cluster does not answer.
 */
export async function checkRole(api: ClusterApi): Promise<Finding[]> {
  try {
    const role: Role = (await missingOf(api, [changesTheServer])).length === 0 ? "updater" : "reader";
    const missing = await missingOf(api, roleRights(role));
    const may = role === "updater" ? "look and change" : "look, and change nothing";
    return [
      missing.length === 0
        ? { item: roleItem, state: "ok", found: `these credentials may ${may}: all of ${roleFile(role)}` }
        : {
            item: roleItem,
            state: "warning",
            found: `of ${roleFile(role)} these credentials may not ${phrases(missing).join("; ")}`,
            fix: `Have somebody who may grant it apply the file anew: \`kubectl apply -f ${roleFile(role)}\``,
          },
    ];
  } catch (error) {
    if (error instanceof ApiError) {
      return [];
    }
    throw error;
  }
}

/** Every user that has logged in may ask; who may neither ask nor read may do nothing here. */
async function unasked(api: ClusterApi, { message }: ApiError): Promise<Finding> {
  const blind = await api
    .get(`${namespacePath}/configmaps/${names.claim}`)
    .then(() => false, isForbidden(true));
  return blind
    ? lacking(`these credentials may do nothing here: ${message}`)
    : {
        item: rightsItem,
        state: "unknown",
        found: `the API server does not tell what these credentials may do: ${message}`,
        fix: `Ask by hand: \`kubectl auth can-i --list -n ${names.namespace}\``,
      };
}

function lacking(found: string): Finding {
  return {
    item: rightsItem,
    state: "fault",
    found,
    fix: "Have somebody grant them, as in docs/rbac/updater.yaml, or use another context: cluster.context in Pulumi.yaml",
  };
}

/** For a promise that may be refused by the API server. */
function isForbidden<Value>(value: Value): (error: unknown) => Value {
  return (error) => {
    if (error instanceof ApiError) {
      return value;
    }
    throw error;
  };
}
