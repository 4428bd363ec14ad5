using System.Runtime.InteropServices;

namespace VfAgent.Linux.Netlink;

/// <summary>struct sock_filter of linux/filter.h: one instruction of a program by which the kernel drops what a socket need not hear.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct FilterInstruction
{
    // BPF_LD | BPF_B | BPF_ABS, BPF_JMP | BPF_JEQ | BPF_K, BPF_RET | BPF_K.
    private const ushort LoadByteCode = 0x30;
    private const ushort JumpIfEqualCode = 0x15;
    private const ushort ReturnCode = 0x06;

    private readonly ushort _code;
    private readonly byte _jumpIfTrue;
    private readonly byte _jumpIfFalse;
    private readonly uint _value;

    private FilterInstruction(ushort code, uint value, byte jumpIfFalse = 0) => (_code, _value, _jumpIfTrue, _jumpIfFalse) = (code, value, 0, jumpIfFalse);

    /// <param name="offset">From the beginning of the datagram.</param>
    internal static FilterInstruction LoadByte(int offset) => new(LoadByteCode, (uint)offset);

    /// <summary>Goes on with the next instruction if what was loaded is that, or leaves out some.</summary>
    internal static FilterInstruction SkipUnlessEqual(uint value, byte skip) => new(JumpIfEqualCode, value, skip);

    /// <param name="length">How many bytes of the datagram to let through; none drops it.</param>
    internal static FilterInstruction Return(uint length) => new(ReturnCode, length);
}
