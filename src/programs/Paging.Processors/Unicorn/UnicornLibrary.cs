using System.Reflection;
using System.Runtime.InteropServices;

namespace Paging.Processors.Unicorn;

/// <summary>Finds the Unicorn CPU emulator on this host. It is not part of the engine: GPL-2, loaded only if it is installed.</summary>
/// <remarks>
/// In this order: the file or folder that <c>PAGING_UNICORN</c> names; the system's own library path; <c>artifacts/unicorn</c> of the
/// repository that the program was built in, where <c>tools/get-unicorn.sh</c> unpacks it; <c>~/.cache/paging/unicorn</c>. Needs 2.1 or
/// later: 2.0.1 walks the page tables and then ignores the result.
/// </remarks>
internal static class UnicornLibrary
{
    /// <summary>The name that the imports use.</summary>
    public const string Name = "unicorn";

    /// <summary>Names the file to load, or a folder that holds it.</summary>
    public const string Variable = "PAGING_UNICORN";

    private const string SystemName = "libunicorn.so.2";
    private const uint VersionMin = 0x0201_0000;    // major, minor, patch, extra: a byte each

    private static readonly Lazy<Finding> Found = new(Find);

    /// <summary>Returns true if there is a suitable library; otherwise the reason, in one line.</summary>
    public static bool IsAvailable(out string reason)
    {
        reason = Found.Value.Reason;
        return Found.Value.Handle != 0;
    }

    /// <summary>The version in use, as <c>2.1.1</c>; empty without a library.</summary>
    public static string Version => Found.Value.Version;

    /// <summary>The library, for its exports; 0 without one.</summary>
    public static nint Handle => Found.Value.Handle;

    /// <summary>The address of uc_emu_stop, for code that is not managed.</summary>
    public static nint StopFunction => NativeLibrary.GetExport(Found.Value.Handle, "uc_emu_stop");

    private const string HowToGetOne =
        "The repository's tools/get-unicorn.sh fetches one; Debian 13 has the package libunicorn2t64, and pip's wheel 'unicorn' contains "
        + $"the library. Elsewhere than in the usual places, {Variable} names the file.";

    private static Finding Find()
    {
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64 || !OperatingSystem.IsLinux())
            return new(0, "", "The guest processor needs Linux on x86-64: its imports rely on that calling convention.");

        string? named = Environment.GetEnvironmentVariable(Variable);
        return string.IsNullOrEmpty(named)
            ? FirstOf(UsualPlaces)
                ?? new(0, "", $"There is no {SystemName} here. {HowToGetOne}")
            : FirstOf(Directory.Exists(named) ? PlacesIn(named) : [named])
                ?? new(0, "", $"{Variable} names {named}, which cannot be loaded.");
    }

    private static IEnumerable<string> UsualPlaces
    {
        get
        {
            string[] places = [SystemName];
            for (string? folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
                if (File.Exists(Path.Combine(folder, "Paging.sln")))
                    return [.. places, .. PlacesIn(Path.Combine(folder, "artifacts", "unicorn")), .. CachedPlaces];
            return [.. places, .. CachedPlaces];
        }
    }

    /// <summary>A user's own place, for the tool that is installed.</summary>
    private static string[] CachedPlaces
    {
        get
        {
            string? cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
            if (string.IsNullOrEmpty(cache))
                cache = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
            return PlacesIn(Path.Combine(cache, "paging", "unicorn"));
        }
    }

    private static string[] PlacesIn(string folder) =>
        [Path.Combine(folder, SystemName), Path.Combine(folder, "usr", "lib", "x86_64-linux-gnu", SystemName)];

    /// <summary>Returns the first suitable library; or the last unsuitable one, with the reason; or null.</summary>
    private static Finding? FirstOf(IEnumerable<string> places)
    {
        Finding? refused = null;
        foreach (string place in places)
        {
            if (Try(place) is not { } finding) continue;
            if (finding.Handle != 0) return finding;
            refused = finding;
        }

        return refused;
    }

    private static Finding? Try(string path)
    {
        if (!NativeLibrary.TryLoad(path, out nint handle)) return null;
        if (!NativeLibrary.TryGetExport(handle, "uc_version", out nint export)) return new(0, "", $"{path} is not Unicorn.");
        uint version;
        unsafe    // SAFETY: uc_version takes null for the two numbers that are not wanted
        {
            version = ((delegate* unmanaged<uint*, uint*, uint>)export)(null, null);
        }

        string text = $"{version >> 24}.{(version >> 16) & 0xFF}.{(version >> 8) & 0xFF}";
        if (version < VersionMin)
            return new(0, text, $"{path} is Unicorn {text}; 2.1 or later is needed. {HowToGetOne}");
        NativeLibrary.SetDllImportResolver(Assembly.GetExecutingAssembly(), (name, _, _) =>
            string.Equals(name, Name, StringComparison.Ordinal) ? handle : 0);
        _ = BlockLimit.TryShorten(handle);    // a build where this fails runs, and its long blocks stay a danger
        return new(handle, text, "");
    }

    private readonly record struct Finding(nint Handle, string Version, string Reason);
}
