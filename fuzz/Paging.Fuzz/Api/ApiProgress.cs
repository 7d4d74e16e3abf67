using System.IO.MemoryMappedFiles;

namespace Paging.Fuzz;

/// <summary>The progress of a child process. It survives the child's death, because it is in a file that both have mapped.</summary>
internal sealed class ApiProgress : IDisposable
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;

    public ApiProgress(string path)
    {
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.OpenOrCreate, mapName: null, capacity: 4096);
        _view = _file.CreateViewAccessor();
    }

    /// <summary>The seed whose sequence runs.</summary>
    public ulong Seed
    {
        get => _view.ReadUInt64(0);
        set => _view.Write(0, value);
    }

    /// <summary>How many calls of the sequence have begun.</summary>
    public long CallCount
    {
        get => _view.ReadInt64(8);
        set => _view.Write(8, value);
    }

    /// <summary>Calls of all sequences.</summary>
    public long Total
    {
        get => _view.ReadInt64(16);
        set => _view.Write(16, value);
    }

    public void Dispose()
    {
        _view.Dispose();
        _file.Dispose();
    }
}
