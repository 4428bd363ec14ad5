using VfAgent.Core.Kernel;
using VfAgent.Desired;
using VfAgent.Host;
using VfAgent.Leases;
using VfAgent.Mqtt;
using VfAgent.State;
using VfAgent.Status;

namespace VfAgent.Reconcile;

/// <summary>What the loop works with.</summary>
internal sealed record ReconcileParts(
    DesiredStore Desired,
    BrokerContact Broker,
    PfReader Pfs,
    FeatureReader Features,
    OwnedFolderReader Folders,
    ContainerRecordReader Containers,
    BackendReader Backends,
    LedgerFiles Ledger,
    LeaseFiles Leases,
    StepRunner Runner,
    Worker Worker,
    EventLog Events,
    IKernel Kernel,
    IDisk Disk,
    string HostId,
    TimeProvider Time,
    TimeSpan ResyncInterval,
    bool DryRun,
    Action<Report> Publish);
