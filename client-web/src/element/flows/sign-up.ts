import type { Context } from "../context.js";
import { afterSignIn } from "./after-sign-in.js";
import { emptyFields, fieldValue, runJob, showFailure, showProblems } from "./run-job.js";

/** Creates an account. */
export async function signUp(context: Context, form: FormData): Promise<void> {
  const empty = emptyFields(form, ["username", "new_password"]);
  if (empty.length > 0) return showProblems(context, empty);
  const registration = {
    username: fieldValue(form, "username"),
    password: fieldValue(form, "new_password"),
  };
  const outcome = await runJob(context, "sign-up", async () => {
    const answer = await context.claviger.register(registration);
    if (answer.ok) await afterSignIn(context, answer.value, "sign-up");
    return answer;
  });
  if (!outcome || outcome.ok) return;
  const { failure } = outcome;
  if (failure.kind === "taken") {
    showProblems(context, [{ field: "username", reason: "TAKEN", description: "is taken" }]);
  } else if (failure.kind === "invalid") {
    const fields = failure.fields.map((problem) =>
      problem.field === "password" ? { ...problem, field: "new_password" } : problem,
    );
    showFailure(context, { ...failure, fields });
  } else {
    showFailure(context, failure);
  }
}
