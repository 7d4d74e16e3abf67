namespace Paging.Guest.Abi;

/// <summary>The result of statfs(2), as fifteen words of struct statfs on 64 bits. Linux: fs/libfs.c simple_statfs.</summary>
internal static class FileSystemWords
{
    public const int Count = 15;

    /// <summary>The index of the first word of free blocks and files.</summary>
    public const int Free = 3;

    /// <summary>Fills in a file system without size: its magic number, blocks of a page, names of 255 bytes.</summary>
    public static void Fill(Span<long> words, long magic)
    {
        words.Clear();
        (words[0], words[1], words[8], words[9]) = (magic, PageWords.ByteLength, 255, PageWords.ByteLength);
    }
}
