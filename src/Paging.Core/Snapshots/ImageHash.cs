using System.Buffers.Binary;
using System.IO.Hashing;

namespace Paging.Core.Snapshots;

//   processes │ length of the marks │ length of the areas │ runs │ own pages │ hash of the parent │ areas │ runs │ marks │ own pages
//       4                4                     8              8        8             16
/// <summary>The name of an image by its content: a hash of all that it has, and of its parent's hash.</summary>
/// <remarks>
/// The hash of a delta covers its ancestors by their hashes, so it costs O(own pages). An image in memory and its file have one hash.
/// XXH128 finds mistakes, and is no signature. SHA-256 in .NET is the host's OpenSSL, which a program of C need not have.
/// </remarks>
internal static class ImageHash
{
    private const int HeaderLength = 48, ParentOffset = 32;

    /// <summary>Computes the hash.</summary>
    /// <param name="content">The image.</param>
    /// <param name="isWhole">True: as if it had no parent, and all pages were its own.</param>
    public static byte[] Of(ImageContent content, bool isWhole)
    {
        bool isDelta = content.Parent is not null && !isWhole;
        SlotRun[] runs = isDelta ? content.Slots : [];
        Span<byte> header = stackalloc byte[HeaderLength];
        header.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(header, content.IsEngine ? (uint)content.Shadows.Length : 0);
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], (uint)content.Marks.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(header[8..], (ulong)content.Areas.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(header[16..], (ulong)runs.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(header[24..], (isWhole ? content.PageCount : content.OwnPageCount).Value);
        if (isDelta) content.Parent!.Hash.CopyTo(header[ParentOffset..]);
        XxHash128 hash = new();
        hash.Append(header);
        hash.Append(content.Areas);
        hash.Append(ImageFile.ToBytes(runs));
        hash.Append(content.Marks);
        if (isWhole) foreach (SlotRun run in content.Slots) hash.Append(content.BytesOf(run));
        else hash.Append(content.Pages.Span);
        return hash.GetCurrentHash();
    }

    /// <summary>The start of a hash, for messages: 16 digits.</summary>
    public static string Short(ReadOnlySpan<byte> hash) => Convert.ToHexStringLower(hash[..8]);
}
