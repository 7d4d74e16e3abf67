namespace Paging.Cli.Programs;

/// <summary>The content of a band of the picture; the article's colours follow from it.</summary>
internal enum BandKind
{
    /// <summary>Nothing is mapped.</summary>
    Unmapped,
    /// <summary>The kernel's half.</summary>
    Kernel,
    /// <summary>The stack.</summary>
    Stack,
    /// <summary>A file or anonymous memory between stack and heap.</summary>
    Mapping,
    /// <summary>The heap.</summary>
    Heap,
    /// <summary>Variables that start as zero.</summary>
    Bss,
    /// <summary>Variables that start with a value.</summary>
    Data,
    /// <summary>The program's code and constants.</summary>
    Text,
}

/// <summary>One band of the picture. Addresses have 64 bits, because an end may be 4 GiB.</summary>
/// <param name="Kind">The kind of band.</param>
/// <param name="Start">The lowest byte.</param>
/// <param name="End">The end, exclusive.</param>
/// <param name="Title">Its title.</param>
/// <param name="Detail">Rights, a file's name, a remark.</param>
internal readonly record struct LayoutBand(BandKind Kind, ulong Start, ulong End, string Title, string Detail)
{
    /// <summary>Its size in the largest unit that gives a whole number.</summary>
    public string Size
    {
        get
        {
            ulong bytes = End - Start, kilobytes = bytes >> 10;
            if (bytes == 0) return "empty";
            if (bytes % 1024 != 0) return $"{bytes} bytes";
            if (kilobytes % (1 << 20) == 0) return $"{kilobytes >> 20} GB";
            return kilobytes % 1024 == 0 ? $"{kilobytes >> 10} MB" : $"{kilobytes} kB";
        }
    }
}
