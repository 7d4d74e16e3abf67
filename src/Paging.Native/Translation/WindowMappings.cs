using System.Globalization;

namespace Paging.Native.Translation;

/// <summary>Keeps the host's mappings of all windows of an engine below a quarter of what the host allows a process.</summary>
/// <remarks>At the host's limit, allocations of the whole process fail. Threading: slow path. Linux: /proc/sys/vm/max_map_count.</remarks>
internal sealed class WindowMappings
{
    private const int UsualMaximum = 65_530;    // where the file cannot be read

    private readonly List<ShownPages> _windows = [];
    private int? _limit;    // read for the first window: an engine without one asks the host for nothing

    /// <summary>The largest number of mappings. For tests, it can be set.</summary>
    public int Limit
    {
        get => _limit ??= ReadMaximum() / 4;
        set => _limit = value;
    }

    /// <summary>The number of mappings now.</summary>
    public int Count { get; set; }

    /// <summary>The number of times that a window was emptied for want of mappings.</summary>
    public long ForgottenCount { get; set; }

    public void Add(ShownPages window) => _windows.Add(window);

    public void Remove(ShownPages window) => _windows.Remove(window);

    /// <summary>Makes room for some more mappings: the window that has most of them loses all.</summary>
    public void MakeRoom(int count)
    {
        if (Count + count <= Limit) return;
        ShownPages most = _windows[0];
        foreach (ShownPages window in _windows)
            if (window.MappingCount > most.MappingCount) most = window;
        most.HideAll();
        ForgottenCount++;
    }

    private static int ReadMaximum()
    {
        try
        {
            string text = OperatingSystem.IsLinux() ? File.ReadAllText("/proc/sys/vm/max_map_count") : "";
            return int.TryParse(text, NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out int maximum) && maximum > 0
                ? maximum : UsualMaximum;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return UsualMaximum;
        }
    }
}
