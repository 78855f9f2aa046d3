"""Every result table: the step that makes it, its unique key, its columns."""

from __future__ import annotations

from typing import NamedTuple


class Table(NamedTuple):
    """Inventory entry: the step that makes it, its unique key, its columns."""

    step: str
    key: tuple[str, ...]
    columns: tuple[str, ...]
    private: bool = False

    @property
    def all_columns(self) -> tuple[str, ...]:
        """Key columns first, then the others."""
        return (*self.key, *self.columns)


def _table(step: str, key: str, columns: str, *, private: bool = False) -> Table:
    return Table(step, tuple(key.split()), tuple(columns.split()), private)


# fmt: off
TABLES: dict[str, Table] = {
    # 01 design: the indicator system, no part of a run
    "principles": _table("01", "cycle principle criterion",
                         "value cut n_found n_checked judgement evidence"),
    "proposals": _table("01", "cycle dimension indicator item proposal reason partner", "value cut"),
    "smart": _table("01", "cycle indicator aspect field", "present"),
    "indicator_map": _table("01", "cycle indicator",
                            "dimension kind n_units mean sd best_share floor_share separation global "
                            "effective effective_ratio note"),
    "item_map": _table("01", "cycle subject item",
                       "dimension indicator n missing_share mean sd floor_share ceiling_share r_drop icc"),
    "redundancy": _table("01", "cycle level subject a b", "n r ci_low ci_high confidence p p_adj judgement"),
    # 02 design: the expert panel, no part of a run
    "delphi_items": _table("02", "cycle kind parent node round",
                           "n median q1 q3 iqr mean cv agree_share judgement n_paired median_change "
                           "median_move p_diff stability note"),
    "delphi_rounds": _table("02", "cycle kind parent round",
                            "n_experts n_items estimate ci_low ci_high confidence p judgement change "
                            "n_agreed n_stable stop note"),
    "delphi_proposals": _table("02", "cycle kind parent node",
                               "round n median proposed in_force judgement note"),
    # 03 sample plan, and what simulated cycles with a known truth find
    "misgrading": _table("03", "case size distance_low", "distance_high n_simulated share share_se"),
    "grade_consistency": _table("03", "case size unit",
                                "n_simulated right right_se same same_se true_score bias rmse ungraded"),
    "verdict_rates": _table("03", "case size level true_change verdict", "n_simulated share share_se"),
    "false_claims": _table("03", "case size level verdict",
                           "n_simulated share share_se share_family se_family"),
    "sample_plan": _table("03", "unit purpose",
                          "n score se se_records margin resolved attained wanted required_n population "
                          "n_finite note"),
    "power": _table("03", "level node size true_change", "n power"),
    "cut_risk": _table("03", "group grade", "cut n_units n_near share cut_proposed share_proposed buffer"),
    # 10 data quality
    "exclusions": _table("10", "cycle source row rule", "respondent unit excluded value cut detail",
                         private=True),
    "screening": _table("10", "cycle unit rule", "n_rows n_flagged n_excluded share cut"),
    "screening_effect": _table("10", "cycle unit indicator subject",
                               "n_all n_kept estimate_all estimate_kept effect"),
    "response_indices": _table("10", "cycle source row",
                               "unit subject n_answered missing_share pace longest_run irv mahalanobis "
                               "mahalanobis_p even_odd identical burst n_marks", private=True),
    "interviewers": _table("10", "cycle interviewer",
                           "n n_units difference ci_low ci_high confidence p_diff p_diff_adj n_flagged share "
                           "share_others p_more p_more_adj unusual"),
    "channels": _table("10", "cycle subject unit channel_a channel_b",
                       "n difference ci_low ci_high confidence p_diff p_diff_adj"),
    "response_profile": _table("10", "cycle unit subject channel", "n_rows n_excluded n"),
    "item_profile": _table("10", "cycle subject item",
                           "dimension indicator n n_missing missing_share mean sd floor_share ceiling_share"),
    # 10 data quality: collection and authenticity
    "collection": _table("10", "cycle source unit subject channel",
                         "population issued returned n_valid return_rate valid_rate due overdue owner"),
    "mix": _table("10", "cycle unit subject channel",
                  "population population_share n share gap weight"),
    "callback_sample": _table("10", "cycle source row", "respondent unit channel", private=True),
    "authenticity": _table("10", "cycle unit",
                           "n_sampled n_reached n_confirmed rate rate_low rate_high confidence min_rate "
                           "judgement"),
    "unusual": _table("10", "cycle unit rule",
                      "n_rows n_flagged share share_others p_more p_more_adj unusual"),
    "distribution": _table("10", "cycle unit aspect member indicator category", "n share mean"),
    # 20 reliability
    "reliability": _table("20", "cycle subject dimension stat variant",
                          "n_items n complete_share estimate se df ci_low ci_high confidence "
                          "method missing definition judgement note"),
    "reliability_change": _table("20", "baseline cycle subject dimension stat variant",
                                 "n0 n1 n_shared estimate0 estimate1 change se df ci_low ci_high confidence "
                                 "p_diff missing definition note"),
    "reliability_groups": _table("20", "cycle subject dimension by a b stat variant",
                                 "n0 n1 estimate0 estimate1 change se df ci_low ci_high confidence p_diff "
                                 "p_diff_adj missing definition note"),
    "item_analysis": _table("20", "cycle subject dimension item",
                            "indicator n mean sd floor_share ceiling_share r_drop if_dropped "
                            "change ci_low ci_high omega_if_dropped note"),
    "agreement": _table("20", "cycle object node stat variant",
                        "definition n_objects n_raters n_ratings estimate se df ci_low ci_high "
                        "confidence method judgement note"),
    "invariance": _table("20", "cycle subject dimension by level",
                         "baseline n_groups n n_items chi2 df p cfi rmsea srmr delta_chi2 delta_df p_delta "
                         "delta_cfi delta_rmsea worst_item worst_chi2 released shift se judgement note"),
    "measurement": _table("20", "cycle subject dimension",
                          "n_items n alpha ci_low ci_high confidence omega ave htmt invariance judgement "
                          "note"),
    "adequacy": _table("20", "cycle subject stat item", "estimate df p n missing judgement note"),
    "eigenvalues": _table("20", "cycle subject stat component",
                          "eigenvalue by_chance retained draws seed n missing note"),
    "efa": _table("20", "cycle subject item component",
                  "dimension estimate uniqueness largest method rotation n missing note"),
    "fit": _table("20", "cycle subject model stat",
                  "estimate df p ci_low ci_high confidence n missing judgement note"),
    "loadings": _table("20", "cycle subject dimension item",
                       "estimate se df ci_low ci_high confidence residual n method missing judgement note"),
    "validity": _table("20", "cycle subject dimension stat variant",
                       "n_items estimate se df ci_low ci_high confidence n method missing definition "
                       "judgement note"),
    "discriminant": _table("20", "cycle subject dimension other stat",
                           "estimate se df ci_low ci_high confidence n method missing judgement note"),
    # 30 weights
    "weights": _table("30", "group node", "parent level local global effective method relative note"),
    "consistency": _table("30", "parent expert",
                          "n_items n_missing lambda_max consistency_index ri ri_table cr max_cr passed "
                          "credibility"),
    "expert_weights": _table("30", "parent expert item", "weight off_group credibility"),
    "expert_spread": _table("30", "parent item",
                            "n_experts weight weight_low weight_median weight_high sd"),
    "weight_methods": _table("30", "parent node method variant", "local applied relative note"),
    "judgement_review": _table("30", "parent expert a b", "value implied cr cr_if_fixed"),
    "drivers": _table("30", "cycle explained parent node",
                      "r r2_part share se df share_low share_high confidence p_noise p_noise_adj judgement "
                      "r2 n method note"),
    # 40 scores and grades
    "indicator_scores": _table("40", "cycle unit indicator subject",
                               "dimension kind measure n value se df ci_low ci_high score score_low "
                               "score_high status method note"),
    "subject_gaps": _table("40", "cycle unit indicator subject other_subject",
                           "n n_other score score_other score_gap ci_low ci_high confidence p_diff "
                           "p_diff_adj method judgement"),
    "kpi_sources": _table("40", "cycle unit indicator",
                          "source stat definition value numerator denominator n n_excluded excluded_why "
                          "n_open status method note"),
    "totals": _table("40", "cycle unit node",
                     "level score score_low score_high coverage adjustment published status"),
    "contributions": _table("40", "cycle unit indicator",
                            "dimension weight score contribution lost"),
    "grades": _table("40", "cycle unit",
                     "group n adjustment published by_cut last_grade grade status reason limited_by clause "
                     "limit_value found_value next_grade distance coverage n_met n_targets n_not_applicable "
                     "n_not_reported n_small_sample rank rank_low rank_high group_rank"),
    "adjustments": _table("40", "cycle unit row",
                          "matter type count points counted clause basis approver date"),
    "screening_headline": _table("40", "cycle unit stat node subject",
                                 "level n_all n_kept n_strict estimate_all estimate_kept estimate_strict "
                                 "grade_all grade_kept grade_strict"),
    # other ways to put the indicators together; never part of a grade
    "composites": _table("40", "cycle unit method", "group score rank grade relative note"),
    "rsr_distribution": _table("40", "cycle group method rsr",
                               "frequency cumulative_n mean_rank percentile probit fitted grade intercept "
                               "slope r f_value p relative"),
    "fuzzy": _table("40", "cycle unit node levels operator grade", "membership"),
    "ipa": _table("40", "cycle unit method indicator",
                  "dimension importance performance importance_mean performance_mean quadrant relative"),
    "gaps": _table("40", "cycle unit indicator subject",
                   "n performance expectation service_gap se df ci_low ci_high confidence note"),
    "cut_proposals": _table("40", "cycle group method grade",
                            "cut_now cut_proposed cut_sd differ_share n_units draws seed relative note"),
    "annual": _table("40", "cycle unit part", "weight published grade status"),
    "corrections": _table("40", "cycle row",
                          "source unit indicator column respondent old new basis approver date appeal",
                          private=True),
    "revision": _table("40", "cycle unit",
                       "before after grade_before grade_after basis approver date appeal"),
    "grade_probability": _table("40", "cycle unit grade", "probability draws seed"),
    "weight_spread": _table("40", "group parent", "n_experts spread concentration method"),
    "grade_stability": _table("40", "cycle unit source grade", "probability draws seed"),
    "rank_stability": _table("40", "cycle unit source",
                             "rank rank_low rank_high p_first confidence draws seed"),
    "breakpoints": _table("40", "cycle unit grade node", "weight weight_at_flip move feasible flips note"),
    "drop_one": _table("40", "cycle unit dropped", "score change grade differs rank rank_shift"),
    "scenarios": _table("40", "cycle scenario unit", "published grade differs"),
    "robustness": _table("40", "cycle unit",
                         "grade probability p_weights p_both flip_grade node weight weight_at_flip move "
                         "n_scenarios n_same"),
    # 50 improvement
    "changes": _table("50", "baseline cycle unit level node",
                      "kind measure design n0 n1 n_paired n_clusters estimate0 estimate1 change gain se df "
                      "ci_low ci_high confidence ci90_low ci90_high mid mid_on p_diff p_beyond p_equiv "
                      "p_diff_adj p_beyond_adj p_equiv_adj p_exact p_logrank p_superiority superiority_low "
                      "superiority_high effect_name effect_size effect_low effect_high dispersion "
                      "family n_tests adjust "
                      "unit_reliability rtm_expected change_beyond_rtm se_beyond_rtm beyond_low beyond_high "
                      "verdict strength flags required_n method reason"),
    "comparability": _table("50", "baseline cycle check unit node",
                            "level found0 found1 value0 value1 n0 n1 p judgement"),
    "like_for_like": _table("50", "baseline cycle unit indicator",
                            "standard change_crude change_adjusted se ci_low ci_high confidence rate_part "
                            "mix_part design_effect reversed"),
    "decomposition": _table("50", "baseline cycle unit change_part node",
                            "estimate0 estimate1 change contribution note"),
    "controlled_changes": _table("50", "baseline cycle source unit indicator action",
                                 "kind measure pilot_units comparison_units n_pilots n_others pilot_change "
                                 "pilot_low pilot_high others_change others_low others_high net_change gain "
                                 "se df ci_low ci_high confidence ci90_low ci90_high mid mid_on n0 n1 p_diff "
                                 "p_beyond p_equiv p_diff_adj p_beyond_adj p_equiv_adj n_tests adjust "
                                 "verdict strength flags tau p_uneven required_n method reason"),
    # 60 monitoring and targets
    "targets": _table("60", "cycle unit indicator",
                      "value measure ci_low ci_high base target stretch warn achieved achieved_stretch "
                      "elapsed status certain owner step due valid_from revisions basis"),
    "target_proposals": _table("60", "cycle unit indicator",
                               "step kind measure value n target status unit_reliability group_mean shrunk "
                               "rebound mid mde required_n group n_peers best_quartile best_tenth best_value "
                               "proposed stretch warn set_by attainable reason detectable gain owner "
                               "valid_from due"),
    "losses": _table("60", "cycle unit indicator",
                     "dimension value weight score lost target peers last priority"),
    "levers": _table("60", "cycle unit indicator", "score target gain gain_together priority lifts"),
    "consequences": _table("60", "cycle unit rule", "grade n action clause"),
    "personnel": _table("60", "cycle unit rule", "head grade n factor action clause", private=True),
    "alerts": _table("60", "cycle unit indicator raised_by rule",
                     "level value measure threshold since owner step due"),
    "trends": _table("60", "cycle unit level node",
                     "kind measure n_cycles first_cycle value_first value per_cycle per_cycle_low "
                     "per_cycle_high confidence statistic p_plain p_diff p_diff_adj autocorrelation method "
                     "note status trend"),
    "period_changes": _table("60", "cycle unit level node comparison",
                             "baseline kind measure value_before value change rel_change gain"),
    "control_points": _table("60", "cycle unit node every at",
                             "place phase value numerator denominator centre limit_low limit_high rule "
                             "variation"),
    "control_charts": _table("60", "cycle unit level node every",
                             "chart kind measure n_points phase status value centre limit_low limit_high "
                             "target variation rule since assurance"),
    "funnel": _table("60", "cycle indicator unit",
                     "kind measure n value centre z z_adj low_95 high_95 low_998 high_998 dispersion tau2 "
                     "n_units method status"),
    "history": _table("60", "cycle unit node", "level score published grade"),
    # 70 problems and measures
    "problems": _table("70", "cycle problem indicator unit",
                       "dimension n_units n_missed share lost lost_total value target peers owner step "
                       "advice priority"),
    "complaints": _table("70", "cycle unit category",
                         "n n_closed n_late n_open n_overdue n_fed_back n_repeats in_time_share "
                         "fed_back_share repeat_share"),
    "causes": _table("70", "cycle unit category cause", "n share cumulative"),
    "steps": _table("70", "cycle unit category step",
                    "n hours hours_median time_share n_overdue compliance slowest"),
    "step_targets": _table("70", "cycle unit category step indicator",
                           "kind value measure target status owner due basis"),
    "timeline": _table("70", "cycle unit row",
                       "category step cause opened responded closed hours_to_response hours_to_close"),
    "concerns": _table("70", "cycle unit category", "n share cumulative"),
    "quotes": _table("70", "cycle unit category row", "quote"),
    "coded_comments": _table("70", "cycle source row category", "unit quote", private=True),
    "findings": _table("70", "cycle unit row", "date role indicator finding"),
    "actions": _table("70", "cycle unit indicator action",
                      "cause owner started due status overdue overdue_days pilot_units milestone progress "
                      "cost_planned cost_actual saving accepted_by lesson reusable timing in_force measure "
                      "change ci_low ci_high confidence mid mid_on verdict controlled outcome"),
    "spending": _table("70", "cycle unit",
                       "n_actions n_done n_overdue n_effective cost_planned cost_actual spent_share saving"),
    "training": _table("70", "cycle course unit",
                       "n_due n_trained trained_share n_assessed n_passed pass_share n_rated satisfaction "
                       "satisfaction_low satisfaction_high confidence"),
    "training_effects": _table("70", "cycle course unit mark",
                               "n estimate0 estimate1 change gain se df ci_low ci_high confidence ci90_low "
                               "ci90_high mid p_diff p_beyond p_equiv p_diff_adj p_beyond_adj p_equiv_adj "
                               "p_exact n_tests adjust verdict strength flags required_n method reason"),
    "appeals": _table("70", "cycle appeal",
                      "unit indicator matter filed due overdue decision decided basis"),
    "references": _table("70", "indicator name", "name_en value basis"),
    "referrals": _table("70", "cycle owner unit type indicator", "due"),
    # 90 report
    "board": _table("90", "cycle unit",
                    "group published score_low score_high grade last_grade change verdict status reason "
                    "clause limited_by rank rank_low rank_high group_rank n"),
    "parents": _table("90", "cycle parent", "n_units n_graded plain_mean lowest highest"),
    "parent_grades": _table("90", "cycle parent grade", "n_units"),
    "freeze": _table("90", "cycle check node", "found0 found1 judgement"),
    "claims": _table("90", "claim lang", "template text table key"),
}
# fmt: on
