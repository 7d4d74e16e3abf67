using System.Globalization;
using Paging.Pictures;
using Paging.Pictures.Pages;

namespace Paging.Cli.Tour;

/// <summary>The files of a tour: one page, and every picture as SVG.</summary>
internal static class TourFiles
{
    /// <summary>The name of the page.</summary>
    public const string PageName = "tour.html";

    /// <summary>Writes the page, and below it a folder of pictures for each story.</summary>
    /// <param name="stories">The stories.</param>
    /// <param name="folder">The folder; created if it does not exist.</param>
    /// <param name="count">The number of pictures.</param>
    /// <param name="refusal">The error.</param>
    public static bool TryWrite(IReadOnlyList<Story> stories, string folder, out int count, out string? refusal)
    {
        count = 0;
        refusal = null;
        try
        {
            Directory.CreateDirectory(folder);
            File.WriteAllText(Path.Combine(folder, PageName), StoryPage.Write(stories));
            foreach (Story story in stories) count += WritePictures(story, Path.Combine(folder, story.Name));
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
