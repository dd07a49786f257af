select
    cast(null as string) as model_version,
    cast(null as string) as feature_name,
    cast(null as bigint) as effect_rank,
    cast(null as double) as auc_loss,
    cast(null as double) as auc_loss_low,
    cast(null as double) as auc_loss_high
where false
