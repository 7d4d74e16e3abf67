using System.Buffers;
using System.IO.MemoryMappedFiles;

namespace Paging.Native.Memory;

/// <summary>
/// Pages of a file of the host, mapped for reading. The host reads each from the file when it is first used, and all programs that map the
/// file share it.
/// </summary>
/// <remarks>
/// The mapping lasts until the garbage collector finds neither this object nor memory of it. A file that gets shorter meanwhile is a
/// SIGBUS for who reads it, as for every mapping.
/// </remarks>
internal sealed class MappedPages : MemoryManager<byte>
{
    private readonly MemoryMappedViewAccessor _view;
    private readonly unsafe byte* _address;
    private readonly int _byteLength;

    /// <summary>Maps part of a file.</summary>
    /// <param name="file">The file, which can be closed afterwards.</param>
    /// <param name="offset">A multiple of the page size.</param>
    /// <param name="byteLength">The number of bytes, all of them in the file.</param>
    /// <exception cref="IOException">The host cannot map the file.</exception>
    // SAFETY: the view begins at the page of the host below the offset, and PointerOffset is the way from there.
    public unsafe MappedPages(FileStream file, long offset, int byteLength)
    {
        using MemoryMappedFile mapped = MemoryMappedFile.CreateFromFile(
            file, mapName: null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        _view = mapped.CreateViewAccessor(offset, byteLength, MemoryMappedFileAccess.Read);
        _address = (byte*)_view.SafeMemoryMappedViewHandle.DangerousGetHandle() + _view.PointerOffset;
        _byteLength = byteLength;
    }

    // SAFETY: the view has that many bytes, and nothing writes through it: an image's pages are never written.
    public override unsafe Span<byte> GetSpan() => new(_address, _byteLength);

    // SAFETY: the element is in the view, which lives as long as the handle that is returned.
    public override unsafe MemoryHandle Pin(int elementIndex = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(elementIndex);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(elementIndex, _byteLength);
        return new(_address + elementIndex, pinnable: this);
    }

    public override void Unpin() { }

    protected override void Dispose(bool disposing)
    {
        if (disposing) _view.Dispose();
    }
}
