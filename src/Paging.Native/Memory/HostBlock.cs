using System.Buffers;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Paging.Native.Memory;

/// <summary>A large zeroed block of the host's memory, aligned to 2 MiB, that takes up room only where it was touched.</summary>
/// <remarks>
/// <code>
///   raw                 Address (multiple of 2 MiB)                        raw + raw length
///    ├──── unused ────────┼──────────────── ByteLength ─────────────────────┼── unused ──┤
/// </code>
/// Linux: an anonymous mapping without reservation. Elsewhere zeroed memory of the C runtime, which large blocks get
/// lazily from the system too. A <see cref="SafeHandle"/>, so that an engine that was never disposed gives its RAM back as well.
/// </remarks>
internal sealed class HostBlock : SafeHandle, IPinnable
{
    /// <summary>The size of a huge page on x86-64 and most arm64 hosts.</summary>
    public const uint Alignment = 2 << 20;

    private readonly nuint _rawLength;
    private readonly bool _isMapped;

    /// <summary>Reserves the block.</summary>
    /// <param name="byteLength">The number of bytes.</param>
    /// <param name="requestHugePages">Requests huge pages from the host.</param>
    /// <param name="isShared">Puts the bytes into a file that another process can map.</param>
    /// <exception cref="OutOfMemoryException">The host has no room, not even for addresses.</exception>
    /// <exception cref="PlatformNotSupportedException">The host cannot share memory through a file.</exception>
    // SAFETY: the raw block is longer by one alignment, so the aligned block lies inside it.
    public unsafe HostBlock(ulong byteLength, bool requestHugePages = false, bool isShared = false)
        : base(invalidHandleValue: 0, ownsHandle: true)
    {
        ByteLength = byteLength;
        _rawLength = checked((nuint)(byteLength + Alignment));    // room to align; never touched, so never committed
        void* raw = OperatingSystem.IsLinux() ? LinuxMemory.Map(_rawLength) : null;
        _isMapped = raw != null;
        if (!_isMapped) raw = NativeMemory.AllocZeroed(_rawLength);
        SetHandle((nint)raw);
        Address = (byte*)(((nuint)raw + Alignment - 1) & ~(nuint)(Alignment - 1));
        if (isShared) File = ShareOrThrow();
        HasHugePages = requestHugePages && _isMapped && OperatingSystem.IsLinux()
            && LinuxMemory.TryAdviseHugePages(Address, (nuint)byteLength);
    }

    /// <summary>The first byte. Dangling after <see cref="SafeHandle.Dispose()"/>.</summary>
    public unsafe byte* Address { get; }

    /// <summary>The bytes of a block of less than 2 GiB. Dangling as <see cref="Address"/>.</summary>
    // SAFETY: the block has that many bytes.
    public unsafe Span<byte> Bytes => new(Address, checked((int)ByteLength));

    /// <summary>The file that holds the bytes from its beginning; null unless the block is shared. Closed with the block.</summary>
    public SafeFileHandle? File { get; }

    /// <summary>The number of usable bytes.</summary>
    public ulong ByteLength { get; }

    /// <summary>True when the host agreed to back the block with huge pages where it can.</summary>
    public bool HasHugePages { get; }

    public override bool IsInvalid => handle == 0;

    /// <summary>Keeps the bytes until the handle is disposed, even if the block is disposed before.</summary>
    /// <exception cref="ObjectDisposedException">The block is gone.</exception>
    // SAFETY: the caller has compared the offset with the length; the block is held until Unpin.
    public unsafe MemoryHandle PinAt(ulong offset)
    {
        bool isHeld = false;
        DangerousAddRef(ref isHeld);
        return new(Address + offset, pinnable: this);
    }

    MemoryHandle IPinnable.Pin(int elementIndex)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(elementIndex);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((ulong)elementIndex, ByteLength, nameof(elementIndex));
        return PinAt((ulong)elementIndex);
    }

    void IPinnable.Unpin() => DangerousRelease();

    // SAFETY: gives back exactly the block that the constructor got; the runtime guarantees a single call.
    protected override unsafe bool ReleaseHandle()
    {
        File?.Dispose();
        if (_isMapped && OperatingSystem.IsLinux()) return LinuxMemory.Unmap((void*)handle, _rawLength);
        NativeMemory.Free((void*)handle);
        return true;
    }

    // SAFETY: the block is ours, and nothing points into it yet.
    private unsafe SafeFileHandle ShareOrThrow()
    {
        SafeFileHandle? file = _isMapped && OperatingSystem.IsLinux() ? LinuxMemory.MapSharedFile(Address, (nuint)ByteLength) : null;
        if (file is not null) return file;
        Dispose();
        throw new PlatformNotSupportedException("RAM cannot be shared with other processes: the host has no memfd_create(2).");
    }
}
