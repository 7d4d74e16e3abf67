namespace Paging.Cli.Programs;

/// <summary>What a band of the picture shows; the article's colours follow from it.</summary>
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

/// <summary>One band of the picture, from a lowest byte up to, not including, an end. Up to 4 GiB, so 64 bits.</summary>
/// <param name="Kind">What it shows.</param>
/// <param name="Start">The lowest byte.</param>
/// <param name="End">The byte behind the highest one.</param>
/// <param name="Title">What it is.</param>
/// <param name="Detail">Rights, a file's name, a remark.</param>
internal readonly record struct LayoutBand(BandKind Kind, ulong Start, ulong End, string Title, string Detail)
{
    /// <summary>Bytes, in the largest unit that comes out whole.</summary>
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
