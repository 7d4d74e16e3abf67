using System.Runtime.InteropServices;

namespace Paging.Native;

/// <summary>A large zeroed block of the host's memory, aligned to 2 MiB, that takes up room only where it was touched.</summary>
/// <remarks>
/// <code>
///   raw                 Address (multiple of 2 MiB)                        raw + raw length
///    ├──── unused ────────┼──────────────── ByteLength ─────────────────────┼── unused ──┤
/// </code>
/// Linux: an anonymous mapping without reservation. Elsewhere zeroed memory of the C runtime, which large blocks get
/// lazily from the system too. A <see cref="SafeHandle"/>, so that a forgotten engine gives its RAM back as well.
/// </remarks>
internal sealed class HostBlock : SafeHandle
{
    /// <summary>The size of a huge page on x86-64 and most arm64 hosts.</summary>
    public const uint Alignment = 2 << 20;

    private readonly nuint _rawLength;
    private readonly bool _isMapped;

    /// <summary>Reserves the block.</summary>
    /// <exception cref="OutOfMemoryException">The host has no room, not even for addresses.</exception>
    // SAFETY: the raw block is longer by one alignment, so the aligned block lies inside it.
    public unsafe HostBlock(ulong byteLength, bool requestHugePages) : base(invalidHandleValue: 0, ownsHandle: true)
    {
        ByteLength = byteLength;
        _rawLength = checked((nuint)(byteLength + Alignment));    // room to align; never touched, so never committed
        void* raw = OperatingSystem.IsLinux() ? LinuxMemory.Map(_rawLength) : null;
        _isMapped = raw != null;
        if (!_isMapped) raw = NativeMemory.AllocZeroed(_rawLength);
        SetHandle((nint)raw);
        Address = (byte*)(((nuint)raw + Alignment - 1) & ~(nuint)(Alignment - 1));
        HasHugePages = requestHugePages && _isMapped && OperatingSystem.IsLinux()
            && LinuxMemory.TryAdviseHugePages(Address, (nuint)byteLength);
    }

    /// <summary>The first byte. Dangling after <see cref="SafeHandle.Dispose()"/>.</summary>
    public unsafe byte* Address { get; }

    /// <summary>How many bytes may be used.</summary>
    public ulong ByteLength { get; }

    /// <summary>True when the host agreed to back the block with huge pages where it can.</summary>
    public bool HasHugePages { get; }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <inheritdoc/>
    // SAFETY: gives back exactly what the constructor got, once; the runtime sees to that.
    protected override unsafe bool ReleaseHandle()
    {
        if (_isMapped && OperatingSystem.IsLinux()) return LinuxMemory.Unmap((void*)handle, _rawLength);
        NativeMemory.Free((void*)handle);
        return true;
    }
}
