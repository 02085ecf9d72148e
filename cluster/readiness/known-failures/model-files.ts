import type { KnownFailure } from "./known-failure.ts";

/** Words of Hugging Face's libraries and of the system, where the model's files cannot be fetched or kept. */
export const modelFileFailures: readonly KnownFailure[] = [
  {
    // Their answer 403: the token is somebody's who has not agreed to the model's terms.
    pattern: /Access to model (\S+) is restricted and you are not in the authorized list/i,
    meaning: "Hugging Face does not give the model to the account of this token",
    fix: "Agree to its terms at https://huggingface.co/$1 with that account",
    sample:
      "Access to model meta-llama/Llama-3.1-8B is restricted and you are not in the authorized list. Visit https://huggingface.co/meta-llama/Llama-3.1-8B to ask for access.",
  },
  {
    // Their answer 401: there is no token, or it is not valid.
    pattern: /Access to model (\S+) is restricted|Cannot access gated repo for url/i,
    meaning:
      "Hugging Face gives the model only to those who have agreed to its terms, and knows no such account here",
    fix: "Agree to them on the model's page, and set a token of that account: npm run set-secret -- huggingFaceToken",
    sample:
      "Access to model google/gemma-3-1b-pt is restricted. You must have access to it and be authenticated to access it. Please log in.",
  },
  {
    pattern: /\b429\b.*(Too Many Requests|huggingface\.co)/i, // 24541
    meaning: "Hugging Face was asked too often from this address, and refuses for some minutes",
    fix: "Wait five minutes; with a token it allows more: npm run set-secret -- huggingFaceToken",
    sample:
      "requests.exceptions.HTTPError: 429 Client Error: Too Many Requests for url: https://huggingface.co/api/models/Qwen/Qwen2.5-1.5B-Instruct",
  },
  {
    pattern: /No space left on device|Disk quota exceeded/i,
    meaning: "the disk is full on which the model's files are kept, or the pod's scratch space",
    fix: "Free space on the GPU node: `df -h` there names the disk; old models lie in the cache's folder `hub`",
    sample: "OSError: [Errno 28] No space left on device",
  },
  {
    pattern: /Read-only file system|Permission denied: '[^']*huggingface/i,
    meaning: "the server may not write where the model's files are kept",
    fix: "See that the cache's folder can be written by the user that the server runs as (security.runAsUser)",
    sample: "PermissionError: [Errno 13] Permission denied: '/root/.cache/huggingface/hub'",
  },
  {
    pattern:
      /couldn't connect to 'https:\/\/huggingface\.co'|Failed to resolve 'huggingface\.co'|outgoing traffic has been disabled/i,
    meaning: "the model's files are not in the cache, and the pod does not reach Hugging Face",
    fix: "Look at the node's way out and its DNS: `curl -I https://huggingface.co` there",
    sample:
      "OSError: We couldn't connect to 'https://huggingface.co' to load the files, and couldn't find them in the cached files.",
  },
  {
    // huggingface_hub's words, and transformers'.
    pattern: /Revision Not Found for url|is not a valid git identifier/i,
    meaning: "the repository has no such commit",
    fix: "Correct revision, or tokenizerRevision where the tokenizer has a repository of its own: the repository's history lists its commits",
    sample:
      "OSError: 0123456789abcdef0123456789abcdef01234567 is not a valid git identifier (branch name, tag name or commit id) that exists for this model name. Check the model page at 'https://huggingface.co/Qwen/Qwen2.5-7B-Instruct-AWQ' for available revisions.",
  },
  {
    pattern:
      /(?:OSError: )?(\S+) is not a local folder and is not a valid model identifier|Invalid repository ID or local directory specified: '([^']*)'|Repository Not Found for url/i,
    meaning: "Hugging Face has no model of this name that is open to everyone",
    fix: "Correct `model`: it is the id on the model's page, `owner/name`. A private one needs a token: npm run set-secret -- huggingFaceToken",
    sample:
      "OSError: meta-llama/Llama-3-8b is not a local folder and is not a valid model identifier listed on 'https://huggingface.co/models'",
  },
];
