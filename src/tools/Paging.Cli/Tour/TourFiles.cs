using System.Globalization;
using Paging.Pictures;
using Paging.Pictures.Pages;

namespace Paging.Cli.Tour;

/// <summary>The files of a tour: one page, and every picture as SVG.</summary>
internal static class TourFiles
{
    /// <summary>The name of the page.</summary>
    public const string PageName = "tour.html";

    /// <summary>Creates the folder and an empty page: refuses a folder that cannot be written before the stories are told.</summary>
    public static bool TryBegin(string folder, out string? refusal) => Try(folder, out refusal, () =>
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, PageName), "");
    });

    /// <summary>Writes the page, and below it a folder of pictures for each story.</summary>
    /// <param name="stories">The stories.</param>
    /// <param name="folder">The folder.</param>
    /// <param name="count">The number of pictures.</param>
    /// <param name="refusal">The error.</param>
    public static bool TryWrite(IReadOnlyList<Story> stories, string folder, out int count, out string? refusal)
    {
        int written = 0;
        bool isWritten = Try(folder, out refusal, () =>
        {
            File.WriteAllText(Path.Combine(folder, PageName), StoryPage.Write(stories));
            foreach (Story story in stories) written += WritePictures(story, Path.Combine(folder, story.Name));
        });
        count = written;
        return isWritten;
    }

    private static bool Try(string folder, out string? refusal, Action write)
    {
        refusal = null;
        try
        {
            write();
        }
        catch (Exception exception) when (UserFiles.IsRefusal(exception))
        {
            refusal = $"{folder}: cannot be written: {UserFiles.ReasonOf(exception)}";
        }

        return refusal is null;
    }

    private static int WritePictures(Story story, string folder)
    {
        Directory.CreateDirectory(folder);
        int count = 0;
        for (int step = 0; step < story.Steps.Count; step++)
        {
            foreach (Figure figure in story.Steps[step].Figures)
            {
                string name = string.Create(CultureInfo.InvariantCulture, $"{step + 1:00}-{figure.Key}.svg");
                File.WriteAllText(Path.Combine(folder, name), figure.ToFile());
                count++;
            }
        }

        return count;
    }
}
