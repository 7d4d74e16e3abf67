using Paging.Core;

namespace Paging.Windows.Images;

/// <summary>The pages of an image section: composed of the file's parts when they are read first, and again after reclaim.</summary>
/// <remarks>
/// Sections begin at multiples of 512 bytes in the file and of pages in memory, so the pages of an image are not those of its file, and
/// views of both are not coherent. Windows: the subsections of an image's control area, MiResolveMappedFileFault.
/// </remarks>
internal sealed class ImageBacking(PeImage image) : IFileBacking
{
    public long ByteLength => image.ByteLength;

    public Errno Read(long offset, Span<byte> destination, out int byteCount)
    {
        byteCount = (int)Math.Clamp(ByteLength - offset, 0, destination.Length);
        if (byteCount != 0) image.CopyTo((uint)offset, destination[..byteCount]);
        return Errno.None;
    }

    public Errno Write(long offset, ReadOnlySpan<byte> source, out int byteCount)
    {
        byteCount = 0;
        return Errno.EROFS;
    }

    public Errno SetLength(long byteLength) => Errno.EROFS;

    public Errno Flush() => Errno.None;

    public void Dispose()
    {
    }
}
