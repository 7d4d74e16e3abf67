namespace Paging.Native;

/// <summary>The pages of an address space whose translations were taken away last, for a processor with a TLB of its own.</summary>
/// <remarks>
/// Such a processor compares these pages with the tables before it continues, and no others
/// (<see cref="TranslationCache.ShowLosses"/>). Each reader keeps its own count. Threading: slow path.
/// </remarks>
public sealed class LostTranslations
{
    /// <summary>The number of ranges that are kept: one that has missed more compares everything.</summary>
    public const int Capacity = 1024;

    private readonly PageRange[] _ranges = new PageRange[Capacity];

    internal LostTranslations() { }

    /// <summary>The ranges so far.</summary>
    public ulong Count { get; private set; }

    /// <summary>A range, one of the last <see cref="Capacity"/>. Of a large one, only some translations may be gone.</summary>
    /// <param name="index">Its number, from 0 on.</param>
    public PageRange this[ulong index] => _ranges[(int)(index % Capacity)];

    internal void Add(PageRange range) => _ranges[(int)(Count++ % Capacity)] = range;
}
