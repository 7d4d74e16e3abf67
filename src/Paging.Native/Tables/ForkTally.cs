namespace Paging.Native.Tables;

/// <summary>Counts the copied entries by the kind of their frames: the child's resident set, without another walk.</summary>
/// <remarks>
/// The kind is the value of <see cref="FrameDescriptor.Kind"/>, 0 to 3; Core defines the meanings. Reserved frames have none.
/// </remarks>
internal struct ForkTally
{
    private const int LaneShift = 4;    // 16 bits for each kind: enough for the 1024 entries of one table

    private uint _kind0, _kind1, _kind2, _kind3;

    /// <summary>Entries copied, those of reserved frames included.</summary>
    public uint Copied { readonly get; private set; }

    /// <summary>Entries copied whose frame is of a kind.</summary>
    public readonly uint Of(int kind) => kind switch { 0 => _kind0, 1 => _kind1, 2 => _kind2, _ => _kind3 };

    /// <summary>One frame of a kind, to be summed up in a register for up to one table. Only the kind's two low bits count.</summary>
    internal static ulong OneOf(byte kind) => 1UL << (kind << LaneShift);    // a shift counts modulo 64

    /// <summary>Adds the entries copied from one table.</summary>
    internal void Add(uint copied, ulong kinds)
    {
        Copied += copied;
        _kind0 += (ushort)kinds;
        _kind1 += (ushort)(kinds >> 16);
        _kind2 += (ushort)(kinds >> 32);
        _kind3 += (ushort)(kinds >> 48);
    }
}
