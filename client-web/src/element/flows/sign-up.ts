import type { Context } from "../context.js";
import { signedIn } from "./after-sign-in.js";
import { emptyFields, runJob, tellFailure, tellProblems, typed } from "./run-job.js";

/** Creates an account with what was typed. */
export async function signUp(context: Context, form: FormData): Promise<void> {
  const empty = emptyFields(form, ["username", "new_password"]);
  if (empty.length > 0) return tellProblems(context, empty);
  const registration = {
    username: typed(form, "username"),
    password: typed(form, "new_password"),
  };
  const outcome = await runJob(context, "sign-up", async () => {
    const answer = await context.claviger.register(registration);
    if (answer.ok) await signedIn(context, answer.value, "sign-up");
    return answer;
  });
  if (!outcome || outcome.ok) return;
  const { failure } = outcome;
  if (failure.kind === "taken") {
    tellProblems(context, [{ field: "username", reason: "TAKEN", description: "is taken" }]);
  } else if (failure.kind === "invalid") {
    const fields = failure.fields.map((problem) =>
      problem.field === "password" ? { ...problem, field: "new_password" } : problem,
    );
    tellFailure(context, { ...failure, fields });
  } else {
    tellFailure(context, failure);
  }
}
