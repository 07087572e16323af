// Asks before a sweep that costs more than the settings allow without a question, or whose finetune may not exist.
import { $, createElement } from "./dom.js";

let questionDialog = null;
let whenApproved = () => {};

// `approve` is called with the number of images if the answer is yes.
export function askPrice(text, images, approve) {
  if (!questionDialog) createQuestionDialog();
  const made = `${images.toLocaleString("en-US")} ${images === 1 ? "image" : "images"}`;
  $("h2", questionDialog).textContent = `Make ${made}?`;
  $("p", questionDialog).textContent = text;
  $(".solid", questionDialog).textContent = `Make ${made}`;
  whenApproved = () => approve(images);
  questionDialog.showModal();
}

function createQuestionDialog() {
  questionDialog = createElement("dialog", { id: "price-question" });
  questionDialog.setAttribute("aria-labelledby", "price-question-title");
  questionDialog.innerHTML = `<h2 id="price-question-title"></h2><p></p>
    <div><button type="button" class="quiet framed">Cancel</button><button type="button" class="solid"></button></div>`;
  document.body.append(questionDialog);
  $(".quiet", questionDialog).addEventListener("click", () => questionDialog.close());
  $(".solid", questionDialog).addEventListener("click", () => {
    questionDialog.close();
    whenApproved();
  });
}
