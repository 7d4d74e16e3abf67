using Paging.Core;
using Paging.Native;

namespace Paging.Guest.Abi;

/// <summary>
/// The results of a call for pages that a userfaultfd or the host supplies later: the call is finished, and waits for the pages alone.
/// </summary>
/// <remarks>A call that has taken something (a child's status, a connection) cannot be made again. Linux waits in copy_to_user.</remarks>
internal sealed class LateWrites
{
    private const int ByteLengthMax = 65536;    // longer results are those of calls that can go on where they stopped

    private readonly List<(VirtualAddress At, byte[] Bytes)> _writes = [];
    private bool _isCall;
    private int _byteLength;

    /// <summary>Begins to keep results. Nothing needs a page later in memory without a userfaultfd and a pager.</summary>
    public void Begin(AddressSpace space) => _isCall = space.Userfaultfds.WereOpened;

    /// <summary>Ends the call. Returns true if results are left.</summary>
    public bool TryEnd()
    {
        _isCall = false;
        return _writes.Count != 0;
    }

    /// <summary>Keeps a result. Returns false outside of calls, and if there are too many bytes.</summary>
    public bool TryAdd(VirtualAddress at, ReadOnlySpan<byte> bytes)
    {
        if (!_isCall || bytes.Length > ByteLengthMax - _byteLength) return false;
        _writes.Add((at, bytes.ToArray()));
        _byteLength += bytes.Length;
        return true;
    }

    /// <summary>Writes the results; keeps those whose pages are still missing. Returns false if a page has become bad.</summary>
    public bool TryWriteAll(UserMemory user)
    {
        bool isWritten = true;
        foreach ((VirtualAddress at, byte[] bytes) in _writes) isWritten &= user.TryCopyTo(at, bytes);
        return isWritten;
    }
}
