using Paging.Native;

namespace Paging.Core;

/// <summary>An area of a <see cref="ProcessImage"/> whose memory comes from elsewhere. Its memory is private.</summary>
/// <param name="Range">Its pages, in the user half.</param>
/// <param name="Protection">Its rights.</param>
/// <param name="FileName">The name of the file that it maps, for the loader; empty for anonymous memory.</param>
/// <param name="FileOffset">The offset of its first page in the file.</param>
/// <param name="GrowsDown">True for a stack, which is anonymous.</param>
public sealed record ImageArea(PageRange Range, MemoryProtection Protection, string FileName, FilePage FileOffset, bool GrowsDown = false);

/// <summary>Reads a page for <see cref="ProcessImage.Compose"/>. Returns false if it has no content of its own.</summary>
/// <param name="page">The page.</param>
/// <param name="destination">Receives its 4096 bytes.</param>
public delegate bool ImagePageReader(PageNumber page, Span<byte> destination);
