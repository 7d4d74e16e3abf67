using Paging.Bench.Harness;

namespace Paging.Bench.Reports;

/// <summary>The files that a quick run was asked for.</summary>
internal sealed record QuickFiles(FileInfo? Csv, FileInfo? Markdown, FileInfo? Svg, FileInfo? Page, DirectoryInfo? Documents)
{
    /// <summary>True when at least one file was asked for.</summary>
    public bool IsAsked => (Csv ?? Markdown ?? Svg ?? Page ?? (FileSystemInfo?)Documents) is not null;

    /// <summary>Writes them.</summary>
    public void Write(IReadOnlyList<RaceResult> results)
    {
        Write(Csv, output => CsvReport.Write(results, output));
        Write(Markdown, output => MarkdownReport.Write(results, HostDescription.Current(), output));
        Write(Svg, output => SvgChart.Write(results, output));
        if (Documents is not null) DocumentTables.Write(results, Documents.FullName);
        Write(Page, output => output.Write(RacePictures.Render(results, HostDescription.Current())));
    }

    private static void Write(FileInfo? file, Action<TextWriter> write)
    {
        if (file is null) return;
        file.Directory?.Create();
        using StreamWriter output = new(file.FullName);
        write(output);
    }
}
