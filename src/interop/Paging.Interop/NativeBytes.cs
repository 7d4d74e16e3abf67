using System.Runtime.InteropServices;

namespace Paging.Interop;

/// <summary>Zeroed bytes at a fixed address, for as long as the object is reachable.</summary>
/// <remarks>Outside the managed heap, where one pinned array makes each collection longer.</remarks>
internal sealed unsafe class NativeBytes : SafeHandle
{
    // SAFETY: as many bytes as asked for, or an OutOfMemoryException.
    public NativeBytes(int byteLength) : base(invalidHandleValue: 0, ownsHandle: true) =>
        SetHandle((nint)NativeMemory.AllocZeroed((nuint)byteLength));

    /// <summary>The first byte.</summary>
    public byte* Address => (byte*)handle;

    public override bool IsInvalid => handle == 0;

    // SAFETY: the object is no longer reachable.
    protected override bool ReleaseHandle()
    {
        NativeMemory.Free((void*)handle);
        return true;
    }
}
