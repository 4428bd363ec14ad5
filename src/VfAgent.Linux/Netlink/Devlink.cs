using VfAgent.Core.Kernel;

namespace VfAgent.Linux.Netlink;

/// <summary>
/// The embedded switch of a NIC over devlink (linux/devlink.h). As with rtnetlink, every call opens its own socket: a driver may take seconds to change
/// its mode.
/// </summary>
internal static class Devlink
{
    private const string Family = "devlink";

    // DEVLINK_CMD_ESWITCH_GET and _SET; DEVLINK_ATTR_BUS_NAME, _DEV_NAME and _ESWITCH_MODE.
    private const byte EswitchGet = 29;
    private const byte EswitchSet = 30;
    private const ushort BusName = 1;
    private const ushort DeviceName = 2;
    private const ushort Mode = 25;

    // Headers, a bus, a device and a mode.
    private const int RequestSize = 256;
    private const int MostName = 64;

    /// <param name="device">In devlink's words: <c>pci/0000:02:00.0</c>.</param>
    /// <returns>ENODEV when its driver is not on devlink, EOPNOTSUPP when it has no switch to ask.</returns>
    internal static IoResult<EswitchMode> GetEswitch(string device)
    {
        string operation = $"get the eswitch mode of {device}";
        IoResult<GenericNetlink> opened = Open(device, operation);
        if (!opened.Ok)
            return opened.Error;

        using GenericNetlink devlink = opened.Value;
        NetlinkWriter request = devlink.Message(stackalloc byte[RequestSize], EswitchGet, NetlinkFlags.Request);
        Name(ref request, device);
        if (devlink.Request(request.Finish(), operation, out NetlinkMessage answer) is { } error)
            return error;

        if (answer.TryReadHeader(out GenericHeader _, out AttributeReader attributes))
        {
            while (attributes.Next())
            {
                if (attributes.Type == Mode && attributes.Structure<EswitchMode>() is var mode && Enum.IsDefined(mode))
                    return mode;
            }
        }

        return new IoError(Errno.EBADMSG, operation);
    }

    /// <inheritdoc cref="GetEswitch"/>
    internal static IoError? SetEswitch(string device, EswitchMode mode)
    {
        string operation = $"set the eswitch mode of {device} to {mode.Word()}";
        IoResult<GenericNetlink> opened = Open(device, operation);
        if (!opened.Ok)
            return opened.Error;

        using GenericNetlink devlink = opened.Value;
        NetlinkWriter request = devlink.Message(stackalloc byte[RequestSize], EswitchSet, NetlinkFlags.Request | NetlinkFlags.Acknowledge);
        Name(ref request, device);
        request.Structure(Mode, (ushort)mode);
        return devlink.Request(request.Finish(), operation, out _);
    }

    // A kernel without devlink has no device on it.
    private static IoResult<GenericNetlink> Open(string device, string operation)
    {
        if (device.IndexOf('/', StringComparison.Ordinal) is <= 0 or > MostName || device.Length > 2 * MostName)
            return new IoError(Errno.EINVAL, operation);

        IoResult<GenericNetlink> opened = GenericNetlink.Open(Family);
        return opened.Error is { Errno: Errno.ENOENT } ? new IoError(Errno.ENODEV, operation) : opened;
    }

    private static void Name(ref NetlinkWriter request, string device)
    {
        int slash = device.IndexOf('/', StringComparison.Ordinal);
        request.Text(BusName, device[..slash]);
        request.Text(DeviceName, device[(slash + 1)..]);
    }
}
