namespace VfAgent.Simulation.Tests.Invariants;

/// <summary>What the product promises, as a reader of its documents knows it. A planted bug names the ones that it is expected to break.</summary>
internal static class Promises
{
    public const string OneHolder = "No VF is assigned twice";
    public const string OnlyWhatIsNamed = "No PF, VF or file is touched that the config does not name";
    public const string NothingInUse = "No VF in use is destroyed";
    public const string DeletesAreAskedFor = "Only an empty message, or a newer document that leaves it out, deletes";
    public const string AcknowledgedIsKept = "Acknowledged config is never lost";
    public const string WholeFiles = "No partial file is visible under a final name";
    public const string StatusIsTrue = "Status never claims what a look at the host denies";
    public const string GivenBack = "A deleted resource gives its NICs back as they were found, or leaves them as they are";
    public const string ConflistIsThere = "IN_SYNC means that the conflist is there";
    public const string ContainersVf = "A container that starts has a VF of its network, and one that ends has given it back as it was";
    public const string OnlyItsOwnHangs = "A call that hangs holds up no other PF";
    public const string GoesBack = "A change that fails half way goes back to what was before";
    public const string ManagementIsKept = "The NIC that the host is managed over is not cut off";
    public const string CutOffIsUndone = "A change that cuts the host off does not stand";
    public const string ContendedIsLeft = "What others change back again and again is let be for a while";
    public const string Converges = "The agent converges, or says truthfully why not";
    public const string Silence = "Where nothing changes, nothing is written or published";
    public const string NoException = "The agent has no bug that throws";
    public const string KeepsToMqtt = "The agent keeps to MQTT";
}
