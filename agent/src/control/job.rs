//! Has a change of the log done by its writer: the running agent, or this process if no agent runs.

use scout_log::history::{HistoryError, Home, Job, News, Writer};

use super::client::{self, ClientError};
use super::protocol::{Reply, Request};
use crate::config::paths::Paths;

/// A job that was done.
#[derive(Debug)]
pub struct Done {
    /// The result, in a sentence for the user.
    pub said: String,
    /// What happened while this process opened the log. Empty if the agent did the job: it notifies the user itself.
    pub news: Vec<News>,
}

/// Why a job was not done.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// The agent did not do it; the message says why.
    #[error(transparent)]
    Agent(#[from] ClientError),
    /// This process could not do it; the message states the remedy.
    #[error(transparent)]
    Log(#[from] HistoryError),
    /// As [`JobError::Log`], after something happened while the log was opened.
    #[error("{}", sentences(news))]
    AfterNews {
        /// What happened while the log was opened.
        news: Vec<News>,
        /// Why the job failed.
        source: HistoryError,
    },
}

/// Has the running agent do a job. Returns its result in a sentence for the user.
pub fn run_in_agent(paths: &Paths, job: Job) -> Result<String, ClientError> {
    Ok(match client::send(&paths.runtime, &Request::History { job })? {
        Reply::Done { said } => said,
        _ => String::new(),
    })
}

/// Does a job.
pub fn run(paths: &Paths, job: Job) -> Result<Done, JobError> {
    match run_in_agent(paths, job.clone()) {
        Ok(said) => Ok(Done { said, news: Vec::new() }),
        Err(error) if error.is_not_running() => {
            let mut writer = Writer::new(Home::from(paths), paths.vault());
            let result = writer.run(job);
            let news = writer.take_news();
            match result {
                Ok(report) => Ok(Done { said: report.said, news }),
                Err(error) if news.is_empty() => Err(error.into()),
                Err(source) => Err(JobError::AfterNews { news, source }),
            }
        }
        Err(error) => Err(error.into()),
    }
}

fn sentences(news: &[News]) -> String {
    news.iter().map(News::to_string).collect::<Vec<_>>().join(". ")
}
