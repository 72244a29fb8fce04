"""DPO-positive (Pal et al. 2024, "Smaug", arXiv:2402.13228), which TRL lacks.

DPO is content where chosen and rejected both become less likely, as long as rejected falls faster.
This objective adds a penalty as soon as chosen is less likely than in the reference.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch
    from torch import Tensor
    from trl import DPOTrainer


def dpo_positive_loss(
    chosen_ratios: "Tensor", rejected_ratios: "Tensor", beta: float, penalty: float
) -> "Tensor":
    """Return each pair's loss, shape (pairs,), its section 4.

    The ratios are log π(y|x) − log π_ref(y|x), summed over the response, shape (pairs,).
    """
    from torch.nn.functional import logsigmoid

    # max(0, log π_ref(y_w|x)/π(y_w|x))
    fall = (-chosen_ratios).clamp(min=0)
    # −log σ(β [log π/π_ref(y_w|x) − log π/π_ref(y_l|x) − λ · fall])
    return -logsigmoid(beta * (chosen_ratios - rejected_ratios - penalty * fall))


def dpo_positive_trainer(penalty: float) -> "type[DPOTrainer]":
    """Return TRL's DPOTrainer with this loss in place of its own; λ is the penalty's weight."""
    import torch
    from trl.trainer.dpo_trainer import DPOTrainer

    class DpoPositiveTrainer(DPOTrainer):
        """DPO whose loss does not let the chosen responses' likelihood fall."""

        def _compute_loss(self, model, inputs, return_outputs):
            chosen, rejected = _log_probabilities(model, inputs)
            # The model itself, not what shares it among processes: nothing is learnt here.
            ref_chosen, ref_rejected = self.compute_ref_log_probs(self.model, inputs)
            ratios = chosen - ref_chosen, rejected - ref_rejected
            self._note(chosen, rejected, *(self.beta * ratio for ratio in ratios))
            return dpo_positive_loss(*ratios, self.beta, penalty).mean()

        @torch.no_grad()
        def _note(self, chosen, rejected, chosen_rewards, rejected_rewards):
            noted = {
                "logps/chosen": chosen,
                "logps/rejected": rejected,
                "rewards/chosen": chosen_rewards,
                "rewards/rejected": rejected_rewards,
                "rewards/margins": chosen_rewards - rejected_rewards,
                "rewards/accuracies": (chosen_rewards > rejected_rewards).float(),
            }
            kept = self._metrics["train" if self.model.training else "eval"]
            for name, values in noted.items():
                kept[name].append(self.accelerator.gather(values).mean().item())

    return DpoPositiveTrainer


def _log_probabilities(model: "torch.nn.Module", inputs: dict[str, Any]) -> "tuple[Tensor, Tensor]":
    """Return the summed log-probabilities of chosen and of rejected, shape (pairs,) each.

    A batch of TRL has the chosen responses in its first half and the rejected in its second.
    """
    mask = inputs["completion_mask"]
    given = {name: value for name, value in inputs.items() if name != "completion_mask"}
    labels = inputs["input_ids"].masked_fill(mask == 0, -100)
    outputs = model(**given, labels=labels, use_cache=False, fused_lm_head=True)
    return outputs.log_probs[:, 1 - mask.size(1) :].sum(dim=1).chunk(2)
