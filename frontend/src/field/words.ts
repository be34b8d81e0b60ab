/** The words of the field page, in two languages. */
import { learn } from "../words";
import { ENGLISH } from "./english";

learn(ENGLISH);
export { lasting, say } from "../words";
