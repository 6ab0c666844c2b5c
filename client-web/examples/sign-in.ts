import { createClaviger } from "@claviger/web";

const claviger = createClaviger();
const [username, password] = ["anna", "copper lantern over wet gravel"];
const answer = await claviger.signIn({ username, password });
if (answer.ok) document.body.append(`Hello ${answer.value.account.username}`);
else document.body.append(`Not signed in: ${answer.failure.kind}`);
