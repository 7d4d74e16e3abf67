using Paging.Core;

namespace Paging.Programs;

/// <summary>Reads the symbols of programs among the host's files. Files that cannot be read have none.</summary>
public static class HostSymbols
{
    /// <summary>Reads the symbols of a file below a directory, through no link: a guest's links are not the host's.</summary>
    /// <param name="engine">The engine whose page cache reads the file.</param>
    /// <param name="root">The directory of the host that is the guest's root.</param>
    /// <param name="path">The guest's path, as maps shows it.</param>
    public static IReadOnlyList<ProgramSymbol> ReadBelow(PagingEngine engine, string root, string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        string place = Path.GetFullPath(root);
        foreach (string part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            place = Path.Combine(place, part);
            if (new FileInfo(place).LinkTarget is not null) return [];
        }

        return Read(engine, place);
    }

    /// <summary>Reads the symbols of a file of the host.</summary>
    public static IReadOnlyList<ProgramSymbol> Read(PagingEngine engine, string path)
    {
        ArgumentNullException.ThrowIfNull(engine);
        if (!File.Exists(path)) return [];
        try
        {
            using GuestFile file = engine.Files.OpenHostFile(path, FileRights.Read);
            return ProgramSymbols.Read(ProgramImage.Of(file));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return [];
        }
    }
}
